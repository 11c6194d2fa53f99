"""A short storm for every run of the tests; `make chaos` plays ten long ones."""

from __future__ import annotations

import pytest

from tests.chaos.plan import Blow
from tests.chaos.run import Outcome, play
from tests.chaos.workload import WITH_VOLUMES, WITHOUT, Wish
from tests.system.requirements import need

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

WISHES = (
    Wish(0.0, "calm", 2, 96, WITH_VOLUMES),
    Wish(0.0, "tide", 2, 96, WITH_VOLUMES),
    Wish(1.0, "crew", 1, 96, WITHOUT),
    Wish(8.0, "tide", 2, 112, WITH_VOLUMES),
    Wish(12.0, "crew", 2, 96, WITHOUT),
)
BLOWS = [
    Blow(1.0, 8.0, "disk full", 1),
    Blow(2.0, 0.0, "kill supervisor", 0),
    Blow(3.0, 10.0, "cut both ways", 2),
    Blow(4.0, 5.0, "Redis memory full", 0),
    Blow(6.0, 6.0, "etcd set back", 0),
    Blow(12.0, 6.0, "node clock +1 h", 1),
    Blow(14.0, 3.0, "reboot", 2),
    Blow(15.0, 1.0, "Redis restarted empty", 0),
]


def test_a_short_storm_loses_nothing_does_nothing_twice_and_restarts_nothing_that_it_did_not_hit() -> None:
    need("root", "redis", "qemu", "btrfs", "nft", "netns", "ext4", "seed", "ssh-keygen")
    outcome = play(Outcome(0, BLOWS), WISHES, 2, print)
    assert outcome.broken == []
    assert outcome.converged is not None
