"""What a storm does follows from its seed, never gets in its own way, and ten storms play every fault."""

from __future__ import annotations

from collections import Counter

from tests.chaos.faults.table import FAULTS
from tests.chaos.plan import LENGTH_SECONDS, draw
from tests.chaos.workload import MACHINES, WISHES, lives, machines

SEEDS = range(1, 11)


def test_a_seed_is_the_same_storm_every_time() -> None:
    assert draw(7, FAULTS, 4) == draw(7, FAULTS, 4)
    assert draw(7, FAULTS, 4) != draw(8, FAULTS, 4)


def test_ten_storms_play_every_fault_at_least_four_times() -> None:
    played = Counter(blow.fault for seed in SEEDS for blow in draw(seed, FAULTS, 4))
    assert set(played) == set(FAULTS)
    assert min(played.values()) >= 4


def test_faults_of_one_group_never_overlap() -> None:
    for seed in range(200):
        ends: dict[tuple[str, int], float] = {}
        for blow in draw(seed, FAULTS, 4):
            place = (FAULTS[blow.fault].group, blow.node)
            assert blow.at >= ends.get(place, 0.0), f"seed {seed}: {blow}"
            ends[place] = blow.at + blow.seconds


def test_faults_come_while_the_rollout_is_under_way() -> None:
    latest = max(blow.at for seed in SEEDS for blow in draw(seed, FAULTS, 4))
    assert latest <= LENGTH_SECONDS + 45.0


def test_in_the_end_there_are_twenty_machines() -> None:
    assert len(machines({wish.name: wish for wish in WISHES})) == MACHINES


def test_a_machine_may_live_once_for_each_change_that_its_user_signed() -> None:
    assert [lives(name, WISHES) for name in ("calm-0", "tide-0", "crew-0", "crew-5")] == [1, 3, 1, 2]
