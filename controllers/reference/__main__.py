"""Writes the pages of metrics and Events, and the dashboard: `python -m controllers.reference --write|--check`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from controllers.reference import dashboard, events, metrics
from crds.generated import run

ROOT = Path(__file__).parents[2]


def files() -> Mapping[Path, str]:
    """The files and what stands in them."""
    reference = ROOT / "docs" / "reference"
    return {
        reference / "metrics.md": metrics.page(),
        reference / "events.md": events.page(),
        ROOT / "charts" / "hardpan" / "files" / "dashboard.json": dashboard.text(),
    }


if __name__ == "__main__":
    sys.exit(run(files(), sys.argv[1:], "controllers.reference"))
