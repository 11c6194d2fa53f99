"""Writes what the charts have of the models: `python -m charts --write|--check`."""

from __future__ import annotations

import sys
from pathlib import Path

from charts import definitions
from charts.values import defaults, page, schema
from crds.generated import run

FOLDER = Path(__file__).parent
CHART = FOLDER / "hardpan"


def wanted() -> dict[Path, str]:
    """Every derived file and its text."""
    values = {
        CHART / "values.yaml": defaults.text(),
        CHART / "values.schema.json": schema.text(),
        CHART / "README.md": page.text(),
    }
    return {**values, **definitions.files(FOLDER / "hardpan-crds" / "templates")}


if __name__ == "__main__":
    sys.exit(run(wanted(), sys.argv[1:], "charts"))
