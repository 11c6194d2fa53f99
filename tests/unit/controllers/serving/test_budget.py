"""The budget: bytes under way in all and of one network, and a short wait for those that end."""

from __future__ import annotations

import asyncio

from controllers.serving import budget
from controllers.serving.budget import Budget

HERE, THERE = "10.0.0.1", "10.0.1.1"


async def test_one_network_leaves_bytes_for_another() -> None:
    kept = Budget(most=100, each=60, seconds=0.01)
    assert await kept.take(HERE, 60)
    assert not await kept.take("10.0.0.2", 1)
    assert await kept.take(THERE, 40)
    assert not await kept.take("10.0.2.1", 1), "all is taken"


async def test_who_finds_none_left_gets_what_another_gives_back() -> None:
    kept = Budget(most=100, each=100, seconds=5)
    assert await kept.take(HERE, 100)
    waiting = [asyncio.create_task(kept.take(THERE, 50)) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    kept.give(HERE, 50)
    assert await asyncio.wait_for(waiting[0], 1)
    assert not waiting[1].done()
    kept.give(THERE, 50)
    assert await asyncio.wait_for(waiting[1], 1)


async def test_who_waited_in_vain_waits_no_longer_and_holds_nothing() -> None:
    kept = Budget(most=10, each=10, seconds=0.01)
    assert await kept.take(HERE, 10)
    assert not await kept.take(THERE, 1)
    kept.give(HERE, 10)
    assert await kept.take(THERE, 10)


async def test_what_is_more_than_there_will_ever_be_is_refused() -> None:
    assert not await Budget(most=10, each=5, seconds=0.01).take(HERE, 6)


async def test_so_many_wait_and_no_more() -> None:
    kept = Budget(most=1, each=1, seconds=5)
    assert await kept.take(HERE, 1)
    waiting = [asyncio.create_task(kept.take(THERE, 1)) for _ in range(budget.MOST_WAITING)]
    await asyncio.sleep(0)
    assert not await asyncio.wait_for(kept.take("10.0.2.1", 1), 1)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    kept.give(HERE, 1)
    assert await asyncio.wait_for(kept.take(HERE, 1), 1), "who gave up waits no longer"
