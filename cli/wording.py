"""Values against the models of the API, refused in plain words: the field, what it is, and what it must be."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from cli.errors import Usage
from crds.meta import Part

LONGEST_SHOWN = 60
LABEL_WORDS = "letters a-z, digits and -, at most 63, beginning and ending with a letter or digit"
_PATTERN_WORDS = {
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$": LABEL_WORDS,
    r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$": "letters a-z, digits and -, at most 40, beginning with a letter",
    r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$": LABEL_WORDS.replace("63", "32"),
    r"^([a-z0-9-]+\.)+[a-z]{2,}$": "the name of a host, like images.example",
    r"^n-[a-z2-7]{26}$": "n- and 26 letters and digits, as `kubectl get nodes.hardpan.dev` shows them",
    r"^[A-Za-z0-9 ._*-]*$": "letters, digits, spaces and . _ - with * for anything",
    r"^https://[A-Za-z0-9.:\[\]-]+$": "it like https://cp.example:8443, without a path",
    r"^sha256:[0-9a-f]{64}$": "sha256: and 64 hexadecimal digits",
}
Model = TypeVar("Model", bound=Part)


def checked(model: type[Model], fields: Mapping[str, Any], place: str = "") -> Model:
    """The fields as the API server would accept them. Raises Usage with the first that is wrong."""
    try:
        return model.model_validate(fields, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        raise Usage(worded(error, place, [info.alias or name for name, info in model.model_fields.items()])) from None


def require(kind: Any, value: object, place: str) -> None:
    """One value against a type of the API. Raises Usage."""
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        raise Usage(worded(error, place)) from None


def worded(error: ValidationError, place: str, known: list[str] | None = None) -> str:
    """The first thing that is wrong, in one sentence."""
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in (place, *first["loc"]) if part != "")
    if first["type"] == "extra_forbidden":
        name = str(first["loc"][-1])
        near = difflib.get_close_matches(name, known or (), 1) if len(first["loc"]) == 1 else []
        hint = f"; did you mean {near[0]}?" if near else ": remove it"
        return f"{path} is no field of this kind{hint}"
    if first["type"] == "missing":
        return f"{path} is missing: add it"
    return f"{path} is {_short(first['input'])}: {_rule(first)}"


def _rule(first: Any) -> str:
    pattern = first.get("ctx", {}).get("pattern", "")
    if pattern in _PATTERN_WORDS:
        return f"write {_PATTERN_WORDS[pattern]}"
    message: str = first["msg"]
    return message[0].lower() + message[1:]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
