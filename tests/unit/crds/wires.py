"""Any wire form of a model, made from the schema that pydantic says of it.

Texts of a form are a few examples each: drawing them from their expressions took most of a test's time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from crds.meta import LARGEST_INTEGER, Part

Schema = Mapping[str, Any]
Wire = st.SearchStrategy[Any]
MOST = 3
TEXTS = (
    "", "a", "x9", "n-" + "a2" * 13, "t-" + "b3" * 13, "web-" + "0" * 36, "x" * 32, "y" * 63, "Web_1", "PEER", "_",
    "Acme* 4.2", "node.example", "disk/ssd.2", "Ä rest", "0" * 64, "f" * 64, "sha256:" + "0" * 64,
    "SHA256:" + "+/a" * 14 + "b", "A" * 43 + "=", "/data", "/a/b.c_d-e", "2026-11-24", "images.example",
    "10.7.0.0/16", "fd00:7::/32",
    "https://images.example/a.raw", "0.2.0", "machine/web-0/address",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "b" * 43,
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "b" * 43 + " alice@hardpan, née é",
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAI" + "c" * 43 + "AAAABHNzaDo=",
)  # fmt: skip

integers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
json_values: Wire = st.recursive(
    st.booleans() | integers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=MOST) | st.dictionaries(st.text(max_size=8), inner, max_size=MOST),
    max_leaves=6,
)
times: Wire = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}")


@cache
def wires(model: type[Part]) -> st.SearchStrategy[dict[str, Any]]:
    """Wire forms of a model."""
    schema = model.model_json_schema(by_alias=True)
    return _of(schema, schema.get("$defs", {}))


def _of(schema: Schema, definitions: Mapping[str, Schema]) -> Wire:
    if "$ref" in schema:
        return _of(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of([_of(each, definitions) for each in schema["anyOf"] if each.get("type") != "null"])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    made: Callable[[Schema, Mapping[str, Schema]], Wire] = _MAKERS[schema["type"]]
    return made(schema, definitions)


def _text(schema: Schema, _: Mapping[str, Schema]) -> Wire:
    low, high = schema.get("minLength", 0), schema.get("maxLength", 64)
    if schema.get("format") == "date-time":
        return times
    if "pattern" in schema:
        fitting = [text for text in TEXTS if re.fullmatch(schema["pattern"], text) and low <= len(text) <= high]
        return st.sampled_from(fitting)
    return st.text(st.characters(codec="utf-8"), min_size=low, max_size=max(low, min(high, 64)))


def _integer(schema: Schema, _: Mapping[str, Schema]) -> Wire:
    step = schema.get("multipleOf", 1)
    low, high = schema.get("minimum", -LARGEST_INTEGER), schema.get("maximum", LARGEST_INTEGER)
    return st.integers(-(-low // step), high // step).map(lambda number: number * step)


def _list(schema: Schema, definitions: Mapping[str, Schema]) -> Wire:
    low = schema.get("minItems", 0)
    return st.lists(
        _of(schema["items"], definitions), min_size=low, max_size=max(low, min(MOST, schema.get("maxItems", MOST)))
    )


def _object(schema: Schema, definitions: Mapping[str, Schema]) -> Wire:
    if "properties" not in schema and schema.get("additionalProperties") is not False:
        return _map(schema, definitions)
    fields = {name: _of(each, definitions) for name, each in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    optional = {name: each for name, each in fields.items() if name not in required}
    return st.fixed_dictionaries({name: fields[name] for name in fields if name in required}, optional=optional)


def _map(schema: Schema, definitions: Mapping[str, Schema]) -> Wire:
    if "patternProperties" in schema:
        ((pattern, values),) = schema["patternProperties"].items()
        names: Schema = {"type": "string", "pattern": pattern, "maxLength": 64}
    else:
        values, names = schema.get("additionalProperties", True), schema.get("propertyNames", {"type": "string"})
    inner = json_values if values is True else _of(values, definitions)
    return st.dictionaries(_of(names, definitions), inner, max_size=MOST)


_MAKERS: Mapping[str, Callable[[Schema, Mapping[str, Schema]], Wire]] = {
    "string": _text,
    "integer": _integer,
    "array": _list,
    "object": _object,
    "boolean": lambda _, __: st.booleans(),
}
