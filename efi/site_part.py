"""The site's part of an image: whom its nodes obey. It is inside what firmware checks, so no channel can replace it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from efi.cpio import archive
from efi.tree import Tree

FOLDER = "etc/hardpan/site"
GUESTS = "images"
MARK = "etc/hardpan/complete"


@dataclass(frozen=True)
class SitePart:
    """Root documents (oldest first, as JSON), the cluster's id, the lowest snapshot that counts, the CA (PEM).

    `settings` are those of its nodes that differ from the usual ones.
    """

    roots: tuple[dict[str, Any], ...]
    cluster: str
    snapshot_floor: int
    authority: bytes
    settings: Mapping[str, Any] = field(default_factory=dict)


def pack(site: SitePart | None) -> bytes:
    """The last archive of the image; it ends with the mark by which a node knows that all of it was unpacked."""
    tree = Tree()
    if site is not None:
        medium = {"roots": site.roots, "cluster": site.cluster, "ca": "ca.pem", "snapshotFloor": site.snapshot_floor}
        tree.put(f"{FOLDER}/medium.json", _json(medium))
        tree.put(f"{FOLDER}/ca.pem", site.authority)
        if site.settings:
            tree.put(f"{FOLDER}/settings.json", _json(site.settings))
    entries = tree.entries()
    tree.put(MARK, b"")
    return archive([*entries, *(each for each in tree.entries() if each not in entries)])


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
