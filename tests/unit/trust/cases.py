"""The cases of tests/cases/trust.*, each named by its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[2] / "cases"


def cases(function: str, good: str | None = None) -> list[Any]:
    """The cases of a function; with `good` only those that have this field."""
    files = sorted((CASES / f"trust.{function}").glob("*.json"))
    loaded = [(file.stem, json.loads(file.read_text())) for file in files]
    return [pytest.param(case, id=name) for name, case in loaded if good is None or good in case]
