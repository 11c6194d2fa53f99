"""A node is Healthy while it reports, finds nothing wrong with itself and has the right time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from controllers.ledger.presence import LARGEST_SKEW_SECONDS, Standing
from controllers.ledger.registry import NODES
from controllers.ledger.soundness import healthy
from controllers.ledger.uptime import Attendance
from controllers.loop.conditions import Condition
from controllers.loop.objects import Object
from trust.report import Finding

READY = Condition("Ready", "True", "Reporting")
NOBODY: dict[str, Any] = {}


def node(*conditions: dict[str, str]) -> Object:
    """A node with these conditions."""
    return Object(NODES, {"metadata": {"name": "n-1"}, "status": {"conditions": list(conditions)}})


def held(*findings: tuple[str, str], skew: float = 0.0) -> Standing:
    """What the ledger holds of a node that found this."""
    found = tuple(Finding(reason=reason, message=message) for reason, message in findings)
    report: Any = SimpleNamespace(findings=found or None)
    return Standing(Attendance(0.0), reported=True, report=report, skew=skew)


def test_a_node_that_found_nothing_is_sound() -> None:
    assert healthy(node(), READY, held()) == Condition("Healthy", "True", "Sound")


@pytest.mark.parametrize(
    ("standing", "reason", "message"),
    [
        (held(("NetworkBroken", "there is no link hpo0")), "NetworkBroken", "there is no link hpo0"),
        (held(("OrphansFound", "volume v-1")), "OrphansFound", "volume v-1"),
        (held(("NoHypervisor", "qemu is not on it")), "NoHypervisor", "qemu is not on it"),
        (held(("DiskFull", "99%"), ("NetworkBroken", "no link")), "DiskFull", "99%; no link"),
        (held(("Approved", "believe me")), "Troubled", "believe me"),
        (held(skew=90.4), "ClockSkew", "its clock is 90 s ahead of the control plane's"),
        (held(skew=-3600.0), "ClockSkew", "its clock is 3600 s behind the control plane's"),
        (held(("DiskFull", "99%"), skew=90.0), "ClockSkew", "its clock is 90 s ahead of the control plane's; 99%"),
    ],
)
def test_what_is_wrong_is_the_reason_and_all_of_it_the_message(standing: Standing, reason: str, message: str) -> None:
    assert healthy(node(), READY, standing) == Condition("Healthy", "False", reason, message)


def test_a_little_skew_is_no_news() -> None:
    assert healthy(node(), READY, held(skew=LARGEST_SKEW_SECONDS)).status == "True"


def test_of_a_silent_node_nothing_is_known() -> None:
    silent = Condition("Ready", "Unknown", "Stale", "no report")
    assert healthy(node(), silent, held(("DiskFull", "99%"))) == Condition("Healthy", "Unknown", "Stale", "no report")


def test_a_ledger_that_was_just_started_says_what_was_said_before() -> None:
    said = {"type": "Healthy", "status": "False", "reason": "DiskFull", "message": "99%"}
    assert healthy(node(said), READY, Standing(Attendance(0.0), reported=True)) == Condition(
        "Healthy", "False", "DiskFull", "99%"
    )
