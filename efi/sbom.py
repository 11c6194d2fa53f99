"""The image's bill of materials, in CycloneDX 1.5: what it is made of, from which package, by which digest."""

from __future__ import annotations

import json
from urllib.parse import quote

from efi.contents import names
from efi.lock import PACKAGE, Item, Lock
from efi.release import Release


def bill(lock: Lock, release: Release, image_digest: str) -> str:
    """The bill as JSON; the same for the same image."""
    image = {
        "type": "operating-system",
        "bom-ref": "image",
        "name": f"hardpan-{release.flavour}",
        "version": release.version,
        "hashes": [_hash(image_digest)],
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": lock.built.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": image},
        "components": [_component(each) for each in sorted(lock.items)],
    }
    return json.dumps(document, indent=1) + "\n"


def _component(item: Item) -> dict[str, object]:
    return {
        "type": "library",
        "bom-ref": f"{item.kind}:{item.name}",
        "name": item.name,
        "version": item.version,
        "purl": _package_url(item),
        # What only makes the image is in the bill too, and says so.
        "scope": "excluded" if item.name in names("tools") else "required",
        "hashes": [_hash(item.digest)],
    }


def _package_url(item: Item) -> str:
    version = quote(item.version, safe="~")
    if item.kind == PACKAGE:
        return f"pkg:deb/debian/{item.name}@{version}?distro=bookworm"
    return f"pkg:pypi/{item.name}@{version}"


def _hash(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}
