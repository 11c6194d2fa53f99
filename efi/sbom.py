"""The image's bill of materials, in CycloneDX 1.5: what it is made of, from which package, by which digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

from efi.lock import CRATE, PACKAGE, Item, Lock


@dataclass(frozen=True)
class Subject:
    """What the bill is of: its type in CycloneDX, name, version and digest, and the packages that only make it."""

    type: str
    name: str
    version: str
    digest: str
    tools: tuple[str, ...]


def bill(lock: Lock, subject: Subject) -> str:
    """The bill as JSON; the same for the same image."""
    image = {
        "type": subject.type,
        "bom-ref": "image",
        "name": subject.name,
        "version": subject.version,
        "hashes": [_hash(subject.digest)],
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": lock.built.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": image},
        "components": [_component(each, subject.tools) for each in sorted(lock.items)],
    }
    return json.dumps(document, indent=1) + "\n"


def _component(item: Item, tools: tuple[str, ...]) -> dict[str, object]:
    return {
        "type": "library",
        "bom-ref": _package_url(item),
        "name": item.name,
        "version": item.version,
        "purl": _package_url(item),
        # What only makes the image is in the bill too, and says so.
        "scope": "excluded" if item.name in tools else "required",
        "hashes": [_hash(item.digest)],
    }


def _package_url(item: Item) -> str:
    version = quote(item.version, safe="~")
    if item.kind == PACKAGE:
        return f"pkg:deb/debian/{item.name}@{version}?distro=bookworm"
    return f"pkg:{'cargo' if item.kind == CRATE else 'pypi'}/{item.name}@{version}"


def _hash(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}
