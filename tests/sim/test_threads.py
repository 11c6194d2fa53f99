"""Simulated threads block in virtual time, wake each other, and die with their process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.sim import threads
from tests.sim.loop import run
from tests.sim.process import Process


def live(main: Callable[[Process, list[str]], None], seconds: float = 100.0, killed: float = 1e9) -> list[str]:
    """What a process noted whose first thread is `main`."""
    notes: list[str] = []

    async def world() -> None:
        process = Process("p")
        threads.Thread(main, (process, notes), process=process).start()
        asyncio.get_running_loop().call_later(killed, process.kill)
        await asyncio.sleep(seconds)
        process.kill()
        await asyncio.sleep(0)

    run(world())
    return notes


def test_sleeping_takes_no_real_time_and_an_event_ends_a_wait() -> None:
    def main(process: Process, notes: list[str]) -> None:
        happened = threads.Event()

        def other() -> None:
            threads.sleep(30)
            happened.set()

        threads.Thread(other).start()
        notes.append(f"{happened.wait(10)} {asyncio.get_running_loop().time():.0f}")
        notes.append(f"{happened.wait(50)} {asyncio.get_running_loop().time():.0f}")

    assert live(main) == ["False 10", "True 30"]


def test_a_lock_is_held_by_one_thread_and_a_condition_gives_it_up_while_it_waits() -> None:
    def main(process: Process, notes: list[str]) -> None:
        condition = threads.Condition()

        def other() -> None:
            with condition:
                notes.append("other has it")
                condition.notify_all()

        threads.Thread(other).start()
        with condition:
            threads.sleep(5)
            notes.append("first lets go")
            condition.wait()
            notes.append("first has it again")

    assert live(main) == ["first lets go", "other has it", "first has it again"]


def test_a_semaphore_lets_so_many_through_and_no_more() -> None:
    def main(process: Process, notes: list[str]) -> None:
        free = threads.Semaphore(1)
        notes.append(f"{free.acquire(timeout=1)} {free.acquire(timeout=1)}")
        free.release()
        notes.append(f"{free.acquire(timeout=1)}")

    assert live(main) == ["True False", "True"]


def test_a_thread_of_a_killed_process_does_nothing_more_but_unwind() -> None:
    def main(process: Process, notes: list[str]) -> None:
        try:
            threads.sleep(50)
            notes.append("still alive")
        finally:
            notes.append(f"unwound {asyncio.get_running_loop().time():.0f}")

    assert live(main, killed=20) == ["unwound 20"]
