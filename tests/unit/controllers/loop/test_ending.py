"""A process ends with what it runs, whatever it left running."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from controllers.loop import ending, operation


async def stubborn() -> None:
    """As kopf's watch of one kind was after the connection of another had failed: deaf to cancellation."""
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


@pytest.mark.timeout(10)
def test_a_task_that_cannot_be_ended_keeps_no_process_alive(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ending, "LEAVE_SECONDS", 0.05)

    async def main() -> int:
        held.append(asyncio.create_task(stubborn(), name="a deaf watch"))
        await asyncio.sleep(0)
        return 7

    held: list[asyncio.Task[None]] = []
    assert ending.run_and_end(main()) == 7
    assert "a deaf watch" in caplog.text


def test_what_can_be_ended_is_ended_in_order() -> None:
    ended: list[str] = []

    async def part() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            ended.append("part")

    async def main() -> None:
        held.append(asyncio.create_task(part()))
        await asyncio.sleep(0)

    held: list[asyncio.Task[None]] = []
    ending.run_and_end(main())
    assert ended == ["part"]


def test_an_error_of_the_process_is_told() -> None:
    async def main() -> None:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        ending.run_and_end(main())


async def test_a_part_that_cannot_be_ended_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(operation, "GIVE_UP_SECONDS", 0.05)
    deaf = True

    async def part() -> None:
        while deaf:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

    task = asyncio.create_task(part())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert not await operation._cancel_all(task)
    deaf = False
    assert await operation._cancel_all(task)
