"""Our kinds are there, in the form that this version of the program knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.installation import Installation
from crds.kinds import KINDS
from crds.schema import manifest

REMEDY = "kubectl apply --server-side -f crds/    of the version of this program"


def look(installation: Installation) -> Iterator[Finding]:
    """Compares the schemas."""
    held = {each["metadata"]["name"]: each for each in installation.objects("customresourcedefinitions")}
    wanted = {each.name: manifest(each) for each in KINDS}
    missing = sorted(name for name in wanted if name not in held)
    other = sorted(name for name, each in wanted.items() if name in held and not _same(held[name], each))
    if missing:
        yield wrong(f"missing: {', '.join(missing)}", REMEDY)
    if other:
        yield wrong(f"of another version: {', '.join(other)}", REMEDY)
    if not missing and not other:
        yield well(f"{len(wanted)} kinds, all of this version")


def _same(held: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return _schemas(held) == _schemas(wanted)


def _schemas(crd: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each.get("schema") for each in crd["spec"]["versions"] if each.get("served")}


CHECK = Check("kinds", look)
