"""Turns the kinds into CRD manifests: `python -m crds.schema --write|--check`.

The API server wants structural schemas: no references, no unions with null, no defaults (a signed part never gets one).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import yaml

from crds.generated import run
from crds.kinds import KINDS
from crds.meta import GROUP, VERSION, Column, KindDefinition, Part
from crds.stamp import Stamp, digest_of, stamp_of

FOLDER = Path(__file__).parent
KEPT = frozenset(
    {
        "type", "enum", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems",
        "maxProperties", "pattern", "format", "description", "required",
    }
)  # fmt: skip


def structural(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A pydantic schema as the API server takes it."""
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return structural({**target, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions)
    if "anyOf" in schema:
        return _optional(schema, definitions)
    kept = {key: value for key, value in schema.items() if key in KEPT or key.startswith("x-kubernetes-")}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if "properties" in schema:
        kept["properties"] = {name: structural(each, definitions) for name, each in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), Mapping):
        _map(kept, schema, definitions)
    if "items" in schema:
        kept["items"] = structural(schema["items"], definitions)
    if kept.get("x-kubernetes-preserve-unknown-fields"):
        kept.pop("additionalProperties", None)
    return kept


def _optional(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A union with null is an optional field: absent stays absent."""
    variants = [each for each in schema["anyOf"] if each.get("type") != "null"]
    if len(variants) != 1:
        raise ValueError(f"a union of {len(variants)} types has no structural schema: {schema}")
    outside = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return structural({**variants[0], **outside}, definitions)


def _map(kept: dict[str, Any], schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    """Structural schemas have no patternProperties; the bound on their number stays."""
    kept["additionalProperties"] = structural(schema["additionalProperties"], definitions)


def model_schema(model: type[Part]) -> dict[str, Any]:
    """The structural schema of a spec or status."""
    generated = model.model_json_schema(by_alias=True)
    definitions = generated.pop("$defs", {})
    return structural(
        _without_patterns(generated), {name: _without_patterns(each) for name, each in definitions.items()}
    )


def _without_patterns(schema: Any) -> Any:
    """`patternProperties` of pydantic's constrained keys become plain `additionalProperties`."""
    if isinstance(schema, list):
        return [_without_patterns(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: _without_patterns(value) for key, value in schema.items()}
    if "patternProperties" in changed:
        (changed["additionalProperties"],) = changed.pop("patternProperties").values()
    changed.pop("propertyNames", None)
    if "maxProperties" not in changed and "maxLength" in changed and changed.get("type") == "object":
        changed["maxProperties"] = changed.pop("maxLength")
    return changed


def manifest(kind: KindDefinition) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    singular = kind.kind.lower()
    names: dict[str, Any] = {
        "kind": kind.kind,
        "listKind": f"{kind.kind}List",
        "plural": kind.plural,
        "singular": singular,
    }
    names |= {"shortNames": [kind.short_name], "categories": ["hardpan"]}
    root: dict[str, Any] = {
        "type": "object",
        "description": kind.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
            "spec": model_schema(kind.spec),
            "status": model_schema(kind.status),
        },
    }
    if kind.rules:
        root["x-kubernetes-validations"] = [rule.wire() for rule in kind.rules]
    version: dict[str, Any] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": root},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_column(each) for each in kind.columns],
    }
    if kind.selectable_fields:
        version["selectableFields"] = [{"jsonPath": each} for each in kind.selectable_fields]
    spec = {"group": GROUP, "scope": kind.scope, "names": names, "versions": [version]}
    stamp = Stamp(version_of("hardpan"), digest_of({"spec": spec}))
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.name, "annotations": stamp.annotations()},
        "spec": spec,
    }


def _column(column: Column) -> dict[str, Any]:
    shown = {"name": column.name, "type": column.type, "jsonPath": column.path}
    return {**shown, "priority": 1} if column.wide else shown


def stamps() -> str:
    """The module by which programs know what they need without making the schemas."""
    lines = [f'    "{kind.name}": Stamp(RELEASE, "{stamp_of(manifest(kind)).schemas}"),' for kind in KINDS]
    table = "\n".join(lines)
    return f'''"""What this program needs of each kind. Made from the models by `make crds`: change those."""

from __future__ import annotations

from crds.stamp import Stamp

RELEASE = "{version_of("hardpan")}"
NEEDED: dict[str, Stamp] = {{
{table}
}}
'''


def manifests() -> dict[Path, str]:
    """The text of every file that is made of the models here."""
    definitions = {
        FOLDER / f"{kind.kind.lower()}.yaml": yaml.dump(
            manifest(kind), Dumper=yaml.CSafeDumper, sort_keys=False, width=110
        )
        for kind in KINDS
    }
    return definitions | {FOLDER / "stamps.py": stamps()}


def main(arguments: list[str]) -> int:
    """Writes or checks the CRD files."""
    return run(manifests(), arguments, "crds.schema")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
