"""Tells kinds of one release from those of another: each CRD carries its release and a digest of its schemas.

Releases only add to a kind, so a program takes what is newer than itself, and whatever has the very schemas it knows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crds.meta import GROUP

RELEASE = f"{GROUP}/version"
SCHEMAS = f"{GROUP}/schemas"
UPGRADE = "helm upgrade hardpan-crds charts/hardpan-crds (or kubectl apply --server-side -f crds/) of that version"
UNKNOWN = "unknown"
SHOWN = 3
DIGITS = 32


@dataclass(frozen=True)
class Stamp:
    """Which release a kind came with, and the digest of its schemas."""

    release: str
    schemas: str

    def annotations(self) -> dict[str, str]:
        """As the CRD carries it."""
        return {RELEASE: self.release, SCHEMAS: self.schemas}

    def serves(self, needed: Stamp) -> bool:
        """Whether a program that was made with the needed one can work with this one."""
        return self.schemas == needed.schemas or _numbers(self.release) > _numbers(needed.release)


def stamp_of(definition: Mapping[str, Any]) -> Stamp:
    """What a CRD says of itself; those of the first builds say nothing."""
    held = definition["metadata"].get("annotations") or {}
    return Stamp(str(held.get(RELEASE) or UNKNOWN), str(held.get(SCHEMAS) or ""))


def digest_of(definition: Mapping[str, Any]) -> str:
    """The digest of the schemas that a CRD serves."""
    served = {each["name"]: each.get("schema") for each in definition["spec"]["versions"] if each.get("served")}
    return hashlib.sha256(json.dumps(served, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:DIGITS]


def complaint(definitions: Iterable[Mapping[str, Any]], needed: Mapping[str, Stamp]) -> str:
    """What is wrong with the CRDs that are there and what to do, in one line; empty when nothing is."""
    said = outdated(definitions, needed)
    return f"{said}: {UPGRADE}" if said else ""


def outdated(definitions: Iterable[Mapping[str, Any]], needed: Mapping[str, Stamp]) -> str:
    """What is wrong with the CRDs that are there; empty when nothing is."""
    held = {str(each["metadata"]["name"]): stamp_of(each) for each in definitions}
    old = sorted(name for name, stamp in held.items() if name in needed and not stamp.serves(needed[name]))
    if not old:
        return ""
    more = f" and {len(old) - SHOWN} more" if len(old) > SHOWN else ""
    found, wanted = held[old[0]].release, needed[old[0]].release
    other = f"version {found}, this program needs {wanted}"
    if found == wanted:
        other = f"another build of {found} than this program"
    verb = "is" if len(old) == 1 else "are"
    return f"CRD {', '.join(old[:SHOWN])}{more} {verb} of {other}"


def _numbers(release: str) -> tuple[int, ...]:
    """What a release is compared by; one of unknown form is older than all."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", release)
    return tuple(map(int, found.groups())) if found else ()
