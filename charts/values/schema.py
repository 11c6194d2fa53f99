"""`values.schema.json`, by which helm refuses a wrong type or an unknown key before it sends anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from charts.values.model import Values


def schema() -> dict[str, Any]:
    """The JSON schema of all values."""
    made = _plain(Values.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def text() -> str:
    """The file."""
    return json.dumps(schema(), indent=2) + "\n"


def _plain(node: Any) -> Any:
    """Without the titles that pydantic makes of names, and without defaults: `values.yaml` has them."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    return {name: _named(name, each) for name, each in node.items() if name not in ("title", "default")}


def _named(name: str, node: Any) -> Any:
    """What stands below `properties` and `$defs` are names, not words of the schema."""
    if name in ("properties", "$defs"):
        return {each: _plain(schema) for each, schema in node.items()}
    return _plain(node)
