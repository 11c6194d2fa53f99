"""Unit tests cannot reach the machine, and what they tried fails them even when the code swallowed the error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.guard import Guard, guarded

# Properties are tried on the same examples every time; `make test-fast` tries fewer (HYPOTHESIS_PROFILE=fast).
_COMMON = {"derandomize": True, "deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("whole", max_examples=100, **_COMMON)
settings.register_profile("fast", max_examples=25, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "whole"))

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
