"""One candidate leads at a time, each leadership has a higher number, and a leader gives up before others take over."""

from __future__ import annotations

import asyncio
import random

import pytest

from controllers.loop.errors import LeaseLost, Unavailable
from controllers.loop.lease import Lease, LeaseTimes
from controllers.loop.objects import LEASE, ObjectKey, Resource
from controllers.loop.testing import MemoryKube

KEY = ObjectKey("hardpan-system", "hardpan-coord")
TIMES = LeaseTimes(duration=1, renew_deadline=0.2, retry=0.02)


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def candidate(kube: MemoryKube, name: str, clock: Clock | None = None) -> Lease:
    return Lease(kube, KEY, name, TIMES, clock, random.Random(5))


async def expect_waiting(lease: Lease, seconds: float = 0.1) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lease.acquire(), seconds)


async def test_the_first_candidate_leads_and_the_second_waits() -> None:
    kube = MemoryKube()
    first, second = candidate(kube, "a"), candidate(kube, "b")
    await first.acquire()
    await expect_waiting(second)
    assert (first.leading, second.leading) == (True, False)


async def test_of_two_that_come_together_one_leads() -> None:
    kube = MemoryKube()
    both = [candidate(kube, "a"), candidate(kube, "b")]
    await asyncio.gather(*(asyncio.wait_for(each.acquire(), 0.1) for each in both), return_exceptions=True)
    assert sorted(each.leading for each in both) == [False, True]


async def test_a_released_lease_is_taken_at_once_with_a_higher_number() -> None:
    kube = MemoryKube()
    first, second = candidate(kube, "a"), candidate(kube, "b")
    await first.acquire()
    number = first.fence
    await first.release()
    await asyncio.wait_for(second.acquire(), 0.1)
    assert second.fence == number + 1


async def test_a_silent_holder_is_followed_after_the_duration_by_the_clock_of_who_waits() -> None:
    kube, clock = MemoryKube(), Clock()
    dead = candidate(kube, "dead", Clock())
    await dead.acquire()
    heir = candidate(kube, "heir", clock)
    await expect_waiting(heir)
    clock.now += TIMES.duration - 0.1
    await expect_waiting(heir)
    clock.now += 0.2
    await asyncio.wait_for(heir.acquire(), 0.1)
    assert heir.fence == dead.fence + 1


async def test_a_holder_that_renews_is_not_followed() -> None:
    kube, clock = MemoryKube(), Clock()
    holder, other = candidate(kube, "a"), candidate(kube, "b", clock)
    await holder.acquire()
    renewing = asyncio.create_task(holder.keep())
    for _ in range(4):
        await expect_waiting(other, 0.05)
        clock.now += TIMES.duration * 0.9
    renewing.cancel()
    assert not other.leading


async def test_a_holder_that_cannot_renew_gives_up_before_the_duration_is_over() -> None:
    kube = MemoryKube()
    holder = candidate(kube, "a")
    await holder.acquire()

    def outage(verb: str, resource: Resource, key: ObjectKey) -> None:
        raise Unavailable("no answer")

    kube.interrupt = outage
    with pytest.raises(LeaseLost, match="could not be renewed"):
        await asyncio.wait_for(holder.keep(), TIMES.duration)
    with pytest.raises(LeaseLost):
        _ = holder.fence


async def test_a_holder_survives_an_outage_shorter_than_its_deadline() -> None:
    kube = MemoryKube()
    holder = candidate(kube, "a")
    await holder.acquire()
    failures = iter([True] * 3)

    def hiccup(verb: str, resource: Resource, key: ObjectKey) -> None:
        if next(failures, False):
            raise Unavailable("no answer")

    kube.interrupt = hiccup
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(holder.keep(), TIMES.renew_deadline * 2)


async def test_a_holder_whose_lease_was_taken_stops() -> None:
    kube = MemoryKube()
    holder = candidate(kube, "a")
    await holder.acquire()
    await kube.patch(await kube.get(LEASE, KEY), {"spec": {"holderIdentity": "thief"}})
    with pytest.raises(LeaseLost, match="thief"):
        await asyncio.wait_for(holder.keep(), 1)


async def test_a_label_on_the_lease_does_not_unseat_its_holder() -> None:
    kube = MemoryKube()
    holder = candidate(kube, "a")
    await holder.acquire()
    await kube.patch(await kube.get(LEASE, KEY), {"metadata": {"labels": {"seen": "yes"}}})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(holder.keep(), 0.1)
    assert holder.leading


async def test_a_deleted_lease_unseats_its_holder_and_does_not_lower_the_number() -> None:
    kube = MemoryKube()
    holder = candidate(kube, "a")
    await holder.acquire()
    number = holder.fence
    await kube.delete(await kube.get(LEASE, KEY))
    with pytest.raises(LeaseLost, match="deleted"):
        await asyncio.wait_for(holder.keep(), 1)
    heir = candidate(kube, "b")
    await heir.acquire()
    assert heir.fence >= number


async def test_nobody_has_a_number_before_leading() -> None:
    with pytest.raises(LeaseLost):
        _ = candidate(MemoryKube(), "a").fence


async def test_a_paused_process_knows_that_it_no_longer_leads() -> None:
    clock = Clock()
    holder = candidate(MemoryKube(), "a", clock)
    await holder.acquire()
    clock.now += TIMES.duration
    assert not holder.leading
    with pytest.raises(LeaseLost):
        _ = holder.fence


async def test_releasing_what_another_holds_leaves_it_alone() -> None:
    kube = MemoryKube()
    holder = candidate(kube, "a")
    await holder.acquire()
    await kube.patch(await kube.get(LEASE, KEY), {"spec": {"holderIdentity": "other"}})
    await holder.release()
    assert (await kube.get(LEASE, KEY)).spec["holderIdentity"] == "other"
