"""The ledger tells how long trust lasts, and that there is none."""

from __future__ import annotations

from datetime import timedelta

from controllers.ledger.figures import Figures
from controllers.loop.measures import Measures
from tests.unit.controllers.loop.test_measures import series
from tests.unit.trust import world as trusted
from trust.errors import Code, Refusal
from trust.snapshot import TrustView


def test_it_tells_for_how_long_trust_lasts() -> None:
    view = trusted.World(snapshot={"version": 1}).view()
    measures = Measures()
    Figures(measures, lambda: view, lambda: view.expires - timedelta(days=2))
    assert series(measures)["hardpan_trust_expiry_seconds", ()] == 2 * 86_400


def test_without_trust_nothing_is_left() -> None:
    def no_trust() -> TrustView:
        raise Refusal(Code.NO_TRUST, "there is none")

    measures = Measures()
    Figures(measures, no_trust, lambda: trusted.NOW)
    assert series(measures)["hardpan_trust_expiry_seconds", ()] == 0
