"""A schema in words: what a field holds and within which bounds, as the reference shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crds.meta import (
    LARGEST_INTEGER,
    Base64Key,
    Digest,
    DnsLabel,
    KeyId,
    NodeId,
    Region,
    ResourceName,
    TenantId,
    Timestamp,
)
from crds.user import PublicKeyLine


@dataclass(frozen=True)
class Form:
    """A form that many texts have."""

    name: str
    pattern: str
    example: str


def _form(name: str, annotation: Any, example: str) -> Form:
    return Form(name, annotation.__metadata__[0].pattern, example)


FORMS = (
    _form("DNS label", DnsLabel, "tenant-a"),
    _form("resource name", ResourceName, "web-0"),
    _form("region", Region, "eu"),
    _form("time", Timestamp, "2026-11-24T00:00:00Z"),
    _form("digest", Digest, f"sha256:{'5e0c' * 16}"),
    _form("key id", KeyId, "SHA256:Ab3dEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdE"),
    _form("node id", NodeId, "n-kzdvvj2umnduyauf35o36k6kw4"),
    _form("tenant id", TenantId, "t-kzdvvj2umnduyauf35o36k6kw4"),
    _form("key in base64", Base64Key, "A" * 43 + "="),
    _form("public key line", PublicKeyLine, f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43} alice@work"),
)
_NAMES = {each.pattern: each.name for each in FORMS}


def form(schema: Mapping[str, Any]) -> str:
    """A schema in words."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return "map of anything"
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"])
    match schema["type"]:
        case "string":
            return _text(schema)
        case "integer":
            return _integer(schema)
        case "array":
            return f"list{_range(schema, 'Items')}, of {form(schema['items'])}"
        case "object" if "additionalProperties" in schema:
            return f"map{_range(schema, 'Properties')}, of {form(schema['additionalProperties'])}"
        case "object":
            return "object"
        case _:
            return "true or false"


def _text(schema: Mapping[str, Any]) -> str:
    pattern = schema.get("pattern")
    if pattern in _NAMES:
        return _NAMES[pattern]
    like = f" like `{pattern}`" if pattern else ""
    return f"text{_range(schema, 'Length')} characters{like}"


def _integer(schema: Mapping[str, Any]) -> str:
    low, high = schema["minimum"], schema["maximum"]
    if low == high:
        return f"integer, {low}"
    return f"integer from {low}" if high == LARGEST_INTEGER else f"integer, {low}–{high:,}"


def _range(schema: Mapping[str, Any], word: str) -> str:
    low, high = schema.get(f"min{word}", 0), schema.get(f"max{word}")
    if high is None:
        return ""
    return f", {low}–{high:,}" if low else f", at most {high:,}"
