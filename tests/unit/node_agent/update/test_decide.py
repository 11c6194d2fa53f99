"""What a node does about its image, and what it says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from node_agent.update.decide import Situation, Step, Work, next_step, outcome
from node_agent.update.documents import Attempt, Order

ASKED = "2026-11-26T09:00:00Z"
ORDER = Order(release="new", asked=ASKED, version="0.2.0", digest="sha256:" + "0" * 64, size=5, url="http://a/b")
AGAIN = ORDER.model_copy(update={"asked": "2026-11-26T10:00:00Z"})
TRIED = Attempt(order=ORDER, said="Waiting: no answer")
OLD = Situation(running="0.1.0", sound=True, kept=True)
NEW = Situation(running="0.2.0", attempt=TRIED, sentence=TRIED.said)
DONE = Work(ORDER, over=True)


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (OLD, Step.WAIT),
        (replace(OLD, kept=False), Step.KEEP),
        (replace(OLD, order=ORDER), Step.INSTALL),
        (replace(OLD, order=ORDER, kept=False, sound=False), Step.WAIT),
        (replace(OLD, order=ORDER, work=Work(ORDER)), Step.WAIT),
        (replace(OLD, order=AGAIN, work=Work(ORDER)), Step.WAIT),
        (replace(OLD, order=ORDER, work=DONE), Step.RESTART),
        (replace(OLD, order=ORDER, attempt=TRIED, work=DONE), Step.RESTART),
        (replace(OLD, attempt=TRIED, work=DONE), Step.TAKE_BACK),
        (replace(OLD, order=AGAIN, attempt=TRIED, work=DONE), Step.TAKE_BACK),
        (replace(OLD, order=ORDER, work=Work(ORDER, True, "NoRoom", "so")), Step.WAIT),
        (replace(OLD, order=AGAIN, work=Work(ORDER, True, "NoRoom", "so")), Step.INSTALL),
        (replace(OLD, order=ORDER, work=Work(ORDER, True, "Away", "so", again=True)), Step.INSTALL),
        (replace(OLD, order=ORDER, work=Work(ORDER, True, "Away", "so", again=True), retry=False), Step.WAIT),
        (replace(OLD, order=ORDER, attempt=TRIED), Step.WAIT),
        (replace(OLD, order=AGAIN, attempt=TRIED), Step.INSTALL),
        (replace(OLD, running="0.2.0", order=ORDER), Step.WAIT),
        (NEW, Step.WAIT),
        (replace(NEW, sentence="Starting"), Step.NOTE),
        (replace(NEW, order=AGAIN), Step.WAIT),
        (replace(NEW, sound=True), Step.KEEP),
        (replace(NEW, sound=True, kept=True), Step.WAIT),
    ],
)
def test_the_next_step(now: Situation, step: Step) -> None:
    assert next_step(now) is step


@pytest.mark.parametrize(
    ("now", "state", "says"),
    [
        (OLD, "current", None),
        (replace(OLD, order=ORDER, work=Work(ORDER)), "upgrading", "it is fetched and installed"),
        (replace(OLD, order=ORDER, attempt=TRIED, work=DONE), "upgrading", "restarts"),
        (replace(OLD, order=ORDER, work=Work(ORDER, True, "Away", "no answer", again=True)), "upgrading", "no answer"),
        (replace(OLD, order=ORDER, work=Work(ORDER, True, "NoRoom", "too small")), "failed", "too small"),
        (replace(OLD, order=AGAIN, work=Work(ORDER, True, "NoRoom", "too small")), "upgrading", "once the node works"),
        (replace(OLD, order=ORDER, attempt=TRIED, work=Work(ORDER)), "upgrading", "it is fetched and installed"),
        (NEW, "upgrading", "version 0.2.0 runs, and is no node yet: Waiting: no answer"),
        (replace(OLD, attempt=TRIED), "fell-back", "it came as far as this: Waiting: no answer"),
        (replace(OLD, attempt=Attempt(order=ORDER)), "fell-back", "it never spoke"),
        (replace(OLD, order=ORDER, attempt=TRIED), "fell-back", "version 0.2.0 did not become a node"),
        (replace(OLD, running="0.2.0", order=ORDER), "current", None),
        (replace(OLD, running="0.2.0", order=ORDER, kept=False), "upgrading", "no node yet"),
        (Situation(running="0.2.0", trial=True), "upgrading", "it is tried, and is no node yet"),
        (Situation(running="0.2.0", trial=True, sound=True, kept=True), "current", None),
    ],
)
def test_what_is_told(now: Situation, state: str, says: str | None) -> None:
    said = outcome(now)
    assert said.state == state
    assert said.message is None if says is None else says in (said.message or "")


def test_what_is_told_names_the_order_and_the_reason() -> None:
    told: dict[str, Any] = outcome(replace(OLD, order=ORDER, attempt=TRIED)).model_dump()
    assert (told["release"], told["asked"], told["reason"]) == ("new", ASKED, "FellBack")
