"""Workers turn whatever a reconcile does into the key's next turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from controllers.loop.controller import Controller, Done, Outcome, RequeueAfter
from controllers.loop.errors import Conflict, NotFound, Refused, Unavailable
from controllers.loop.metrics import Metrics
from controllers.loop.objects import ObjectKey
from controllers.loop.runner import Runner

KEY = ObjectKey("ns", "a")
Reconcile = Callable[[ObjectKey], Awaitable[Outcome]]


@asynccontextmanager
async def running(
    reconcile: Reconcile, metrics: Metrics | None = None, workers: int = 4
) -> AsyncIterator[tuple[Controller, Runner]]:
    controller = Controller("test", (), reconcile, workers)
    runner = Runner([controller], metrics or Metrics())
    task = asyncio.create_task(runner.run())
    try:
        yield controller, runner
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settle(controller: Controller) -> None:
    for _ in range(20):
        await asyncio.sleep(0)
    while len(controller.queue):
        await asyncio.sleep(0.001)


async def test_forty_updates_of_one_object_during_its_reconcile_make_one_more() -> None:
    runs = []

    async def slow(key: ObjectKey) -> Outcome:
        runs.append(key)
        await asyncio.sleep(0.02)
        return Done()

    async with running(slow) as (controller, _):
        for _ in range(40):
            controller.wake(KEY)
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
    assert len(runs) == 2


async def test_a_key_is_never_reconciled_twice_at_a_time() -> None:
    working: set[ObjectKey] = set()

    async def exclusive(key: ObjectKey) -> Outcome:
        assert key not in working
        working.add(key)
        await asyncio.sleep(0.001)
        working.discard(key)
        return Done()

    metrics = Metrics()
    async with running(exclusive, metrics) as (controller, _):
        for number in range(60):
            controller.wake(ObjectKey("ns", str(number % 3)))
            await asyncio.sleep(0)
        await settle(controller)
    assert (
        metrics.registry.get_sample_value("hardpan_reconciles_total", {"controller": "test", "outcome": "failed"})
        is None
    )


async def test_what_asks_to_be_looked_at_again_is() -> None:
    runs = []

    async def twice(key: ObjectKey) -> Outcome:
        runs.append(key)
        return RequeueAfter(0.01) if len(runs) < 3 else Done()

    async with running(twice) as (controller, _):
        controller.wake(KEY)
        await asyncio.sleep(0.1)
    assert len(runs) == 3


@pytest.mark.parametrize("error", [Conflict, NotFound, Refused, Unavailable, RuntimeError])
async def test_whatever_a_reconcile_raises_it_is_tried_again(error: type[Exception]) -> None:
    runs = []

    async def failing(key: ObjectKey) -> Outcome:
        runs.append(key)
        if len(runs) < 4:
            raise error("no")
        return Done()

    async with running(failing) as (controller, _):
        controller.wake(KEY)
        await asyncio.sleep(0.15)
    assert len(runs) == 4


async def test_an_unforeseen_error_is_told_with_its_object_and_harms_no_other_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = []

    async def half(key: ObjectKey) -> Outcome:
        if key == KEY:
            raise ZeroDivisionError("by design")
        done.append(key)
        return Done()

    with caplog.at_level(logging.INFO):
        async with running(half, workers=1) as (controller, _):
            controller.wake(KEY)
            controller.wake(ObjectKey("ns", "b"))
            await settle(controller)
    assert done == [ObjectKey("ns", "b")]
    told = caplog.records[0]
    assert (vars(told)["object"], vars(told)["controller"], told.levelname) == ("ns/a", "test", "ERROR")
    assert told.exc_info is not None


async def test_a_conflict_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    async def stale(key: ObjectKey) -> Outcome:
        raise Conflict("changed")

    with caplog.at_level(logging.INFO):
        async with running(stale) as (controller, _):
            controller.wake(KEY)
            await settle(controller)
    assert not caplog.records


async def test_draining_finishes_what_was_begun_and_begins_nothing() -> None:
    begun, finished = [], []

    async def slow(key: ObjectKey) -> Outcome:
        begun.append(key)
        await asyncio.sleep(0.03)
        finished.append(key)
        return Done()

    async with running(slow, workers=1) as (controller, runner):
        controller.wake(KEY)
        controller.wake(ObjectKey("ns", "b"))
        await asyncio.sleep(0.01)
        await runner.drain(1)
    assert begun == finished == [KEY]


async def test_draining_does_not_wait_for_ever() -> None:
    async def endless(key: ObjectKey) -> Outcome:
        await asyncio.Event().wait()
        return Done()

    async with running(endless) as (controller, runner):
        controller.wake(KEY)
        await asyncio.sleep(0.01)
        await asyncio.wait_for(runner.drain(0.05), 1)


async def test_being_cancelled_stops_a_reconcile_in_the_middle() -> None:
    reached: list[str] = []

    async def writing(key: ObjectKey) -> Outcome:
        reached.append("began")
        await asyncio.sleep(0.05)
        reached.append("wrote")
        return Done()

    async with running(writing) as (controller, _):
        controller.wake(KEY)
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.06)
    assert reached == ["began"]


async def test_outcomes_and_durations_are_counted() -> None:
    async def done(key: ObjectKey) -> Outcome:
        return Done()

    metrics = Metrics()
    async with running(done, metrics) as (controller, _):
        controller.wake(KEY)
        await settle(controller)
    text = metrics.text().decode()
    assert 'hardpan_reconciles_total{controller="test",outcome="Done"} 1.0' in text
    assert 'hardpan_reconcile_seconds_count{controller="test"} 1.0' in text
    assert 'hardpan_queue_wait_seconds_count{controller="test"} 1.0' in text
