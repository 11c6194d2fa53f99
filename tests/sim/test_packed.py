"""What controllers hold packed changes nothing of what they do: the history is the same, entry by entry."""

from __future__ import annotations

from collections import Counter

import pytest

from controllers.coord import reconcile
from controllers.loop.objects import Object
from controllers.loop.packed import Packed
from controllers.supervisor import caches
from tests.sim.storm import run_seed


@pytest.mark.timeout(400)
def test_a_cloud_whose_controllers_hold_nearly_all_packed_has_the_same_history(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = run_seed(36)
    packed, of = Counter[str](), Packed.of

    def counted(seen: Object) -> Packed:
        packed[seen.resource.kind] += 1
        return of(seen)

    monkeypatch.setattr(Packed, "of", counted)
    for module in (caches, reconcile):
        monkeypatch.setattr(module, "RECENT", 1)
    assert run_seed(36).world.history.digest == opened.world.history.digest
    assert packed.keys() == {"Deployment", "Machine", "Volume", "Job", "RevisionMark"}
