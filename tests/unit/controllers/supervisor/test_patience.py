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
    assert not patience.allows(WEB, final=False, now=NOW)
    assert patience.wait(WEB, NOW) == 1.0
    assert patience.allows(WEB, final=False, now=NOW + SECOND)


def test_what_was_told_is_waited_for_no_more_however_long_it_lasts() -> None:
    patience = Patience()
    patience.allows(WEB, final=False, now=NOW)
    patience.allows(WEB, final=False, now=NOW + SECOND)
    assert patience.wait(WEB, NOW + SECOND) == 0.0


def test_a_clock_that_was_set_back_makes_nobody_wait_longer() -> None:
    patience, earlier = Patience(), NOW - timedelta(hours=1)
    patience.allows(WEB, final=False, now=NOW)
    patience.allows(WEB, final=False, now=earlier)
    assert patience.allows(WEB, final=False, now=earlier + SECOND)
