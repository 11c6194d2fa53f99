"""Unit tests cannot reach the machine, and what they tried fails them even when the code swallowed the error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guard import Guard, guarded

UNIT = Path(__file__).parent / "unit"


@pytest.fixture(autouse=True)
def guard(request: pytest.FixtureRequest) -> Iterator[Guard | None]:
    """In force for tests/unit only."""
    if not request.path.is_relative_to(UNIT):
        yield None
        return
    with guarded() as guard:
        yield guard
    if guard.attempts:
        pytest.fail(f"this unit test touched the machine: {'; '.join(guard.attempts)}")
