"""A node whose executor dies is cut off for a while: when it is back, its keeper looks before any job comes again."""

from __future__ import annotations

import asyncio

from tests.sim.history import Entry
from tests.sim.world import World

CUT_SECONDS = 30.0
EXECUTOR = "/executor"


def leave_alone(world: World) -> None:
    """From now on every death of an executor cuts its node off."""

    def hear(entry: Entry) -> None:
        if entry.who != "fault" or not entry.what.startswith("dies") or not entry.subject.endswith(EXECUTOR):
            return
        node = next(each for each in world.nodes if each.name == entry.subject.removesuffix(EXECUTOR))
        node.cut = True
        asyncio.get_running_loop().call_later(CUT_SECONDS, setattr, node, "cut", False)

    world.history.listeners.append(hear)
