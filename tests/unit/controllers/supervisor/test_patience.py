"""Patience: passing states are told after a second, and nobody looks again once they are told."""

from __future__ import annotations

from datetime import timedelta

from controllers.loop.objects import ObjectKey
from controllers.supervisor.patience import Patience
from tests.unit.controllers.supervisor.build import NOW

WEB = ObjectKey("demo", "web")
SECOND = timedelta(seconds=1)


def test_a_passing_state_is_kept_back_for_a_second() -> None:
    patience = Patience()
    assert not patience.allows(WEB, "", final=False, now=NOW)
    assert patience.wait(WEB, NOW) == 1.0
    assert patience.allows(WEB, "", final=False, now=NOW + SECOND)


def test_what_was_told_is_waited_for_no_more_however_long_it_lasts() -> None:
    patience = Patience()
    patience.allows(WEB, "", final=False, now=NOW)
    patience.allows(WEB, "", final=False, now=NOW + SECOND)
    assert patience.wait(WEB, NOW + SECOND) is None


def test_a_clock_that_was_set_back_makes_nobody_wait_longer() -> None:
    patience, earlier = Patience(), NOW - timedelta(hours=1)
    patience.allows(WEB, "", final=False, now=NOW)
    patience.allows(WEB, "", final=False, now=earlier)
    assert patience.allows(WEB, "", final=False, now=earlier + SECOND)


def test_a_part_that_is_gone_keeps_nobody_waiting() -> None:
    patience = Patience()
    patience.allows(WEB, "machine/web", final=False, now=NOW)
    patience.keep(WEB, {""})
    assert patience.wait(WEB, NOW) is None


def test_each_part_of_each_deployment_has_a_second_of_its_own() -> None:
    patience, half = Patience(), timedelta(milliseconds=500)
    patience.allows(WEB, "", final=False, now=NOW)
    patience.allows(WEB, "machine/web", final=False, now=NOW + half)
    patience.allows(ObjectKey("demo", "db"), "", final=False, now=NOW + half)
    assert patience.wait(WEB, NOW + half) == 0.5
    assert patience.allows(WEB, "", final=False, now=NOW + SECOND)
    assert not patience.allows(WEB, "machine/web", final=False, now=NOW + SECOND)
    patience.forget(WEB)
    assert patience.wait(WEB, NOW) is None
