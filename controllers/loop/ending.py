"""Runs a process's coroutine and ends when it does: a task that cannot be ended keeps no process alive.

A process that neither works nor exits is never started again, so that nothing would ever mend it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from controllers.serving.loop import ServingLoop

log = logging.getLogger(__name__)
LEAVE_SECONDS = 5.0
Result = TypeVar("Result")


def run_and_end(main: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine in an event loop of its own; whatever it left gets LEAVE_SECONDS to end, and is then dropped."""
    loop = ServingLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_leave(asyncio.all_tasks(loop)))
        loop.close()


async def _leave(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    _, left = await asyncio.wait(tasks, timeout=LEAVE_SECONDS) if tasks else ((), ())
    if left:
        log.warning("left behind, since they do not end: %s", ", ".join(sorted(task.get_name() for task in left)))
