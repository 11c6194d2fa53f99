"""What the ledger says of a node's boot image: only what the node answered to the latest order counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controllers.ledger.standing import details
from controllers.ledger.up_to_date import up_to_date
from controllers.loop.objects import Object
from tests.unit.controllers.ledger.test_standing import seen, standing
from trust.report import ReportImage

ASKED, EARLIER = "2026-11-26T09:00:00Z", "2026-11-26T08:00:00Z"
ORDER = {"release": "new", "asked": ASKED}
RUNS = {"version": "0.1.0", "flavour": "cloud", "state": "current"}


def told(asked: dict[str, str] | None, image: dict[str, Any] | None) -> tuple[str, str, str]:
    """Status, reason and message."""
    held = standing()
    assert held.report is not None
    said = ReportImage.from_wire(image) if image else None
    held = replace(held, report=held.report.model_copy(update={"image": said}))
    node = Object(seen().resource, {**seen().raw, "spec": {"image": asked} if asked else {}})
    found = up_to_date(node, held)
    return found.status, found.reason, found.message


def test_a_node_that_was_not_booted_from_an_image_says_nothing_of_it() -> None:
    assert told(None, None) == ("True", "NoImage", "")
    assert up_to_date(seen(), None).status == "True"


def test_what_was_said_before_the_ledger_was_started_stays_until_the_next_report() -> None:
    said = {"type": "UpToDate", "status": "False", "reason": "FellBack", "message": "so", "lastTransitionTime": ""}
    found = up_to_date(seen(conditions=[said]), None)
    assert (found.status, found.reason, found.message) == ("False", "FellBack", "so")


def test_a_node_of_which_nobody_asked_another_image_is_current() -> None:
    assert told(None, RUNS) == ("True", "Current", "version 0.1.0, flavour cloud")


@pytest.mark.parametrize("answered", [{}, {"release": "new", "asked": EARLIER}, {"release": "old", "asked": ASKED}])
def test_an_answer_to_another_order_does_not_count(answered: dict[str, str]) -> None:
    assert told(ORDER, RUNS | answered)[:2] == ("False", "Ordered")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"state": "current", "version": "0.2.0"}, ("True", "Current")),
        ({"state": "upgrading", "message": "fetches"}, ("False", "Upgrading")),
        ({"state": "fell-back", "message": "no answer"}, ("False", "FellBack")),
        ({"state": "failed", "reason": "BelowMinimum", "message": "too old"}, ("False", "BelowMinimum")),
        ({"state": "failed", "reason": "Invented", "message": "so"}, ("False", "UpgradeFailed")),
    ],
)
def test_what_became_of_the_order(answer: dict[str, str], expected: tuple[str, str]) -> None:
    said = told(ORDER, RUNS | ORDER | answer)
    assert said[:2] == expected
    assert said[2] == answer.get("message", "version 0.2.0, flavour cloud")


def shown(said: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the status shows of the image once the node said this, after it showed that."""
    held = standing()
    assert held.report is not None
    report = held.report.model_copy(update={"image": ReportImage.from_wire(RUNS | said)})
    status = {"image": before} if before else {}
    found: dict[str, Any] = details(None, replace(held, report=report), seen(**status))["image"]
    return found


def test_the_image_that_it_runs_is_shown_and_kept() -> None:
    said = shown({})
    assert said == {"version": "0.1.0", "flavour": "cloud", "works": True}
    assert details(None, None, seen(image=said))["image"] == said


@pytest.mark.parametrize("state", ["upgrading", "fell-back", "failed"])
def test_an_image_works_once_the_node_said_that_it_is_current_and_while_it_runs(state: str) -> None:
    assert "works" not in shown({"state": state})
    assert shown({"state": state}, shown({}))["works"] is True
    assert "works" not in shown({"state": state, "version": "0.2.0"}, shown({}))
