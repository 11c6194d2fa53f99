"""A status is written only when that would change something."""

from __future__ import annotations

import pytest

from controllers.loop.objects import Json, Object
from controllers.loop.status import AppliedStatuses, says
from tests.unit.controllers.loop.kube_contract import WIDGET, said

READY = said("Ready", "True")
LOST = said("Ready", "False")
ASSIGNED = said("Assigned", "True")
BOTH = {"conditions": [*ASSIGNED["conditions"], *READY["conditions"]]}


def target(status: Json, uid: str = "u") -> Object:
    return Object(WIDGET, {"metadata": {"name": "w", "uid": uid}, "status": status})


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        ({"phase": "Ready"}, {"phase": "Ready"}, True),
        ({"phase": "Ready", "more": 1}, {"phase": "Ready"}, True),
        ({"phase": "Ready"}, {"phase": "Lost"}, False),
        ({}, {"phase": "Lost"}, False),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ({"list": [1, 2]}, {"list": [1]}, False),
        (BOTH, READY, True),
        (BOTH, LOST, False),
        (READY, BOTH, False),
    ],
)
def test_a_status_says_what_is_wanted_or_not(held: Json, wanted: Json, expected: bool) -> None:
    assert says(held, wanted) is expected


def test_what_stands_there_exactly_needs_no_write() -> None:
    assert not AppliedStatuses().needs_write(target(READY), READY, "one")


def test_what_differs_needs_a_write() -> None:
    assert AppliedStatuses().needs_write(target(LOST), READY, "one")


def test_what_says_more_needs_one_write_and_then_no_more() -> None:
    statuses = AppliedStatuses()
    assert statuses.needs_write(target(BOTH), READY, "one")
    statuses.applied(target(BOTH), READY, "one")
    assert not statuses.needs_write(target(BOTH), READY, "one")


def test_a_field_that_is_no_longer_said_needs_a_write() -> None:
    statuses = AppliedStatuses()
    full = {"phase": "Ready", **READY}
    statuses.applied(target(full), full, "one")
    assert statuses.needs_write(target(full), READY, "one")


def test_managers_and_objects_are_told_apart() -> None:
    statuses = AppliedStatuses()
    statuses.applied(target(BOTH), READY, "one")
    assert statuses.needs_write(target(BOTH), READY, "two")
    assert statuses.needs_write(target(BOTH, uid="other"), READY, "one")


def test_the_memory_is_bounded_and_forgetting_only_costs_a_write() -> None:
    statuses = AppliedStatuses(limit=10)
    for number in range(100):
        statuses.applied(target(BOTH, uid=f"u-{number}"), READY, "one")
    assert len(statuses._digests) == 10
    assert statuses.needs_write(target(BOTH, uid="u-0"), READY, "one")
