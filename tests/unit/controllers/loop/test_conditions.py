"""Conditions keep their transition times until they flip, have a reason, and come in one order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controllers.loop.conditions import MESSAGE_LIMIT, Condition, condition, is_true, merge

THEN = datetime(2026, 11, 24, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_a_new_condition_begins_now() -> None:
    assert merge((), [Condition("Ready", "False", "NoNodeFits", "why")], 3, NOW) == [
        {
            "type": "Ready",
            "status": "False",
            "reason": "NoNodeFits",
            "message": "why",
            "lastTransitionTime": "2026-11-24T09:00:00Z",
            "observedGeneration": 3,
        }
    ]


def test_another_reason_is_no_transition() -> None:
    held = merge((), [Condition("Ready", "False", "NoNodeFits")], 1, THEN)
    (merged,) = merge(held, [Condition("Ready", "False", "NodeUnreachable", "n-1")], 2, NOW)
    assert merged["lastTransitionTime"] == "2026-11-24T08:00:00Z"
    assert (merged["reason"], merged["observedGeneration"]) == ("NodeUnreachable", 2)


def test_a_flip_is_a_transition() -> None:
    held = merge((), [Condition("Ready", "False", "NoNodeFits")], 1, THEN)
    (merged,) = merge(held, [Condition("Ready", "True", "Running")], 1, NOW)
    assert merged["lastTransitionTime"] == "2026-11-24T09:00:00Z"


def test_merging_again_changes_nothing() -> None:
    wanted = [Condition("Ready", "True", "Running"), Condition("Available", "True", "Running")]
    held = merge((), wanted, 1, THEN)
    assert merge(held, reversed(wanted), 1, NOW) == held


def test_what_others_say_is_left_to_them() -> None:
    held = merge((), [Condition("Assigned", "True", "Assigned")], 1, THEN)
    assert [each["type"] for each in merge(held, [Condition("Ready", "True", "Running")], 1, NOW)] == ["Ready"]


@pytest.mark.parametrize(
    "wanted",
    [[Condition("Ready", "True", "")], [Condition("Ready", "True", "One"), Condition("Ready", "False", "Two")]],
)
def test_a_condition_has_one_reason(wanted: list[Condition]) -> None:
    with pytest.raises(ValueError, match="Ready"):
        merge((), wanted, 1, NOW)


def test_a_message_is_cut_to_what_the_api_takes() -> None:
    (merged,) = merge((), [Condition("Ready", "False", "Long", "x" * 10_000)], 1, NOW)
    assert len(merged["message"]) == MESSAGE_LIMIT


def test_a_status_is_asked_for_a_condition() -> None:
    status = {"conditions": merge((), [Condition("Ready", "True", "Running")], 1, NOW)}
    assert is_true(status, "Ready")
    assert not is_true(status, "Available")
    assert condition(status, "Available") is None
    assert condition({}, "Ready") is None
