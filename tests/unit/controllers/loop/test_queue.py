"""The work queue merges what is wanted, never works twice on a key at a time, and backs off."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.loop.queue import Backoff, WorkQueue


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(clock: Clock | None = None) -> WorkQueue[str]:
    return WorkQueue(clock or Clock(), random.Random(7))


async def taken(queue: WorkQueue[str]) -> list[str]:
    """Everything that is ready, each key given back at once."""
    queue.ripen()
    keys = []
    for _ in range(len(queue)):
        key = await queue.take()
        assert key is not None
        queue.done(key)
        keys.append(key)
    return keys


async def test_a_key_wanted_often_is_worked_on_once() -> None:
    queue = made()
    for key in ("a", "b", "a", "a"):
        queue.add(key)
    assert await taken(queue) == ["a", "b"]


async def test_a_key_wanted_while_worked_on_comes_once_more() -> None:
    queue = made()
    queue.add("a")
    assert await queue.take() == "a"
    queue.add("a")
    queue.add("a")
    assert len(queue) == 0
    queue.done("a")
    assert await taken(queue) == ["a"]
    assert len(queue) == 0


async def test_a_delayed_key_comes_at_its_time_and_not_before() -> None:
    clock = Clock()
    queue = made(clock)
    queue.add_after("a", 5)
    clock.now += 4.9
    assert await taken(queue) == []
    clock.now += 0.2
    assert await taken(queue) == ["a"]


async def test_the_earliest_of_two_delays_counts() -> None:
    clock = Clock()
    queue = made(clock)
    queue.add_after("a", 50)
    queue.add_after("a", 5)
    queue.add_after("a", 500)
    clock.now += 6
    assert await taken(queue) == ["a"]
    clock.now += 1000
    assert await taken(queue) == []


async def test_beginning_to_work_on_a_key_forgets_its_delay() -> None:
    clock = Clock()
    queue = made(clock)
    queue.add_after("a", 5)
    queue.add("a")
    assert await taken(queue) == ["a"]
    clock.now += 10
    assert await taken(queue) == []


async def test_a_failing_key_waits_longer_each_time_and_a_success_forgets() -> None:
    queue = made()
    waits = []
    for _ in range(20):
        waits.append(queue.fail("a"))
        queue.add("a")
        await taken(queue)
    assert 0.0025 <= waits[0] <= 0.005
    assert 30 <= waits[-1] <= 60
    assert all(later > earlier for earlier, later in zip(waits[:12:2], waits[2:14:2], strict=True))
    queue.succeed("a")
    assert queue.fail("a") <= 0.005


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_back_off_stays_within_its_bounds(failures: int, fraction: float) -> None:
    assert 0.0025 <= Backoff().seconds(failures, fraction) <= 60


async def test_a_waiting_worker_is_woken_by_a_delayed_key() -> None:
    queue: WorkQueue[str] = WorkQueue()
    waiting = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.add_after("later", 60)
    queue.add_after("soon", 0.01)
    assert await asyncio.wait_for(waiting, 1) == "soon"
    queue.close()


async def test_every_waiting_worker_gets_a_key_of_its_own() -> None:
    queue = made()
    workers = [asyncio.create_task(queue.take()) for _ in range(3)]
    await asyncio.sleep(0)
    for key in ("a", "b", "c"):
        queue.add(key)
    assert sorted(str(key) for key in await asyncio.gather(*workers)) == ["a", "b", "c"]


async def test_a_worker_cancelled_as_it_is_woken_passes_the_key_on() -> None:
    queue = made()
    first, second = (asyncio.create_task(queue.take()) for _ in range(2))
    await asyncio.sleep(0)
    queue.add("a")
    first.cancel()
    assert await asyncio.wait_for(second, 1) == "a"


async def test_closing_lets_every_worker_go_and_hands_out_nothing_more() -> None:
    queue = made()
    workers = [asyncio.create_task(queue.take()) for _ in range(3)]
    await asyncio.sleep(0)
    queue.close()
    queue.add("a")
    assert await asyncio.gather(*workers) == [None, None, None]
    assert await queue.take() is None


async def test_the_oldest_ready_key_tells_its_age() -> None:
    clock = Clock()
    queue = made(clock)
    assert queue.oldest_seconds == 0
    queue.add("a")
    clock.now += 3
    queue.add("b")
    assert queue.oldest_seconds == 3
    assert await queue.take() == "a"
    assert (queue.oldest_seconds, queue.waited("a")) == (0, 3)


async def test_a_long_queue_that_moves_is_not_stalled_and_one_that_nobody_takes_from_is() -> None:
    clock = Clock()
    queue = made(clock)
    for name in "abc":
        queue.add(name)
    clock.now += 100
    await queue.take()
    clock.now += 100
    assert (queue.oldest_seconds, queue.stalled_seconds) == (200, 100)
    await queue.take()
    assert queue.stalled_seconds == 0
    await queue.take()
    clock.now += 100
    assert queue.stalled_seconds == 0


async def test_a_busy_key_piles_up_no_delays() -> None:
    queue = made()
    for _ in range(1000):
        queue.add_after("a", 300)
        queue.add("a")
        await taken(queue)
    assert queue.delayed == 0
    assert len(queue._heap) < 200


KEYS = st.sampled_from("abc")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), KEYS),
        st.tuples(st.just("after"), KEYS),
        st.tuples(st.just("take"), KEYS),
        st.tuples(st.just("done"), KEYS),
        st.tuples(st.just("pass"), KEYS),
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_no_key_is_lost_nor_worked_on_twice_at_a_time(steps: list[tuple[str, str]]) -> None:
    asyncio.run(_play(steps))


async def _play(steps: list[tuple[str, str]]) -> None:
    clock = Clock()
    queue = made(clock)
    wanted: set[str] = set()
    working: set[str] = set()
    for step, key in steps:
        if step == "add":
            queue.add(key)
            wanted.add(key)
        elif step == "after":
            queue.add_after(key, 1)
            wanted.add(key)
        elif step == "pass":
            clock.now += 0.6
            queue.ripen()
        elif step == "take" and len(queue):
            got = await queue.take()
            assert got is not None
            assert got not in working
            working.add(got)
            wanted.discard(got)
        elif step == "done" and key in working:
            queue.done(key)
            working.discard(key)
    for key in working:
        queue.done(key)
    clock.now += 10
    assert set(await taken(queue)) == wanted


@pytest.mark.parametrize("seconds", [0, -5])
async def test_a_delay_of_nothing_is_at_once(seconds: float) -> None:
    queue = made()
    queue.add_after("a", seconds)
    assert await taken(queue) == ["a"]
