"""Planted bugs: every patch fits the code, and one is looked for; `python -m tests.sim.plant` looks for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sim.plant import Bug, bugs, look_for, plant

BUGS = {each.name: each for each in bugs([])}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_planted_bug_fits_the_code_as_it_is(bug: Bug, tmp_path: Path) -> None:
    plant(bug, tmp_path)


@pytest.mark.timeout(400)
def test_a_finalizer_that_goes_too_early_is_found() -> None:
    assert "I5 no trace" in look_for(BUGS["released_before_removed"]).violation
