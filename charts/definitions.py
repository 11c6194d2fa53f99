"""The kinds as templates of the chart `hardpan-crds`, kept when it is uninstalled: with a kind go all its objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from crds.kinds import KINDS
from crds.meta import KindDefinition
from crds.schema import manifest

KEEP = {"helm.sh/resource-policy": "keep"}


def files(folder: Path) -> dict[Path, str]:
    """Every template and its text."""
    return {folder / f"{kind.kind.lower()}.yaml": text(kind) for kind in KINDS}


def text(kind: KindDefinition) -> str:
    """The template of one kind; its annotations say of which version it is, so that the other chart can tell."""
    made: dict[str, Any] = manifest(kind)
    made["metadata"]["annotations"] |= KEEP
    written = yaml.dump(made, Dumper=yaml.CSafeDumper, sort_keys=False, width=110)
    if "{{" in written:
        raise ValueError(f"{kind.kind}: helm would take the braces in its schema for its own")
    return written
