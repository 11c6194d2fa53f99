"""A controller evaluates the script of an accepted deployment once, however many deployments there are."""

from __future__ import annotations

import pytest

from controllers.kept_plans import KeptPlans
from plans.evaluate import evaluate
from plans.model import Plan


def plan(number: int) -> Plan:
    return evaluate(f'volume("data-{number}", #{{ size: "1Gi" }});', {}, 1).plan


PLANS = [plan(number) for number in range(10)]
LENGTH = len(PLANS[0].to_bytes())


def kept(plans: KeptPlans) -> list[int]:
    return [number for number in range(10) if plans.get(str(number)) is not None]


@pytest.mark.parametrize("values", [1, 3, 10])
def test_a_plan_is_the_same_whether_it_is_kept_as_value_or_as_text(values: int) -> None:
    plans = KeptPlans(values)
    for number, each in enumerate(PLANS):
        plans.put(str(number), each)
    assert [plans.get(str(number)) for number in range(10)] == PLANS


def test_beyond_so_many_bytes_what_was_not_asked_for_longest_goes_first() -> None:
    plans = KeptPlans(2, 3 * LENGTH)
    for number in range(3):
        plans.put(str(number), PLANS[number])
    assert plans.get("0") is not None
    plans.put("3", PLANS[3])
    assert kept(plans) == [0, 2, 3]


def test_a_plan_that_is_put_again_counts_once() -> None:
    plans = KeptPlans(2, 3 * LENGTH)
    for number in (0, 1, 1, 1, 2):
        plans.put(str(number), PLANS[number])
    assert kept(plans) == [0, 1, 2]
