"""A few short random seeds; `python -m tests.sim` plays thousands. A seed that fails says how to repeat it."""

from __future__ import annotations

import pytest

from tests.sim.storm import run_seed

SEEDS = (23, 36, 34)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_users_do_and_faults_break_every_invariant_holds(seed: int) -> None:
    result = run_seed(seed)
    assert result.violations == (), f"again: python -m tests.sim --seed {seed}"
