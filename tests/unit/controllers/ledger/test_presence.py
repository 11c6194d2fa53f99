"""Who is heard, and what no longer counts as hearing from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from controllers.ledger.presence import Presence
from tests.unit.controllers.ledger.test_standing import NOW, standing
from trust.errors import Refusal
from trust.part import format_time
from trust.report import Report


def _said(boot: str, sequence: int, ahead: float = 0.0) -> Report:
    made = standing().report
    assert made is not None
    return made.model_copy(
        update={"boot": boot, "sequence": sequence, "time": format_time(NOW + timedelta(seconds=ahead))}
    )


def _presence() -> Presence:
    return Presence(lambda: 0.0, lambda: NOW, 10.0)


def test_a_node_is_heard_after_a_boot_that_put_its_wrong_clock_right() -> None:
    presence = _presence()
    presence.reported(_said("before", 7, ahead=3600.0))
    presence.reported(_said("after", 1001))
    assert presence.liveness(_said("after", 1).node) == "Reporting"


def test_a_report_of_an_earlier_boot_keeps_no_dead_machine_alive_whatever_its_clock_said() -> None:
    presence = _presence()
    presence.reported(_said("before", 7, ahead=3600.0))
    presence.reported(_said("after", 1001))
    with pytest.raises(Refusal, match="came before"):
        presence.reported(_said("before", 7, ahead=3600.0))
