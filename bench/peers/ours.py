"""Our side of the contest, with the peers' command line: `python -m bench.peers.ours FOLDER fill COUNT` and so on."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from bench.peers.site import KeptNode, load
from jobs.redis_controller import RedisControllerBroker
from jobs.redis_node import RedisNodeBroker
from node_agent.agent.consumer import Consumer

ENVELOPE = bytes(568)
BOOT = "boot-1"
AT_ONCE = 8
WARM_UP = 3


class Ours:
    """One process of ours."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._site = folder, load(folder)
        self._nodes: dict[str, KeptNode] = {}

    def _kept(self, node: str) -> KeptNode:
        if node not in self._nodes:
            self._nodes[node] = KeptNode(self._folder / node)
        return self._nodes[node]

    def _order(self, node: str, uid: str) -> tuple[bytes, Mapping[str, bytes]]:
        if not self._site.promised:
            return ENVELOPE, {}
        kept = self._kept(node)
        return kept.job(uid), kept.web.documents()

    async def fill(self, count: int) -> float:
        """Places so many jobs, shared out over the nodes; the seconds without signing."""
        broker, nodes = self._site.controller_broker(), self._site.nodes
        await broker.ensure_ready(nodes)
        orders = [(nodes[number % len(nodes)], f"job-{number}") for number in range(count)]
        made = [(node, uid, *self._order(node, uid)) for node, uid in orders]
        began = time.perf_counter()
        for first in range(0, count, AT_ONCE):
            some = made[first : first + AT_ONCE]
            await asyncio.gather(*(broker.enqueue(node, uid, 1, job, more) for node, uid, job, more in some))
        took = time.perf_counter() - began
        await broker.close()
        return took

    def work(self, number: int) -> None:
        """One worker of this node, until it is killed."""
        broker, node = self._site.node_broker(number), self._site.nodes[number]
        if self._site.promised:
            kept = self._kept(node)
            kept.ensure_present()
            Consumer(broker, kept.direct, BOOT, runners=1).serve(threading.Event())
        while True:
            _one(broker)

    async def quiet(self, count: int, silence: float) -> list[float]:
        """Milliseconds from placing a job to holding its receipt, each after a silence."""
        broker, node = self._site.controller_broker(), self._site.nodes[0]
        await broker.ensure_ready(self._site.nodes)
        found = []
        for number in range(count + WARM_UP):
            job, documents = self._order(node, f"quiet-{number}")
            await asyncio.sleep(silence)
            began = time.perf_counter()
            await broker.enqueue(node, f"quiet-{number}", 1, job, documents)
            await _receipt(broker, node, f"quiet-{number}")
            found.append((time.perf_counter() - began) * 1000)
        await broker.close()
        return found[WARM_UP:]


def _one(broker: RedisNodeBroker) -> None:
    if (claim := broker.claim(1.0, pending=False)) is not None:
        broker.start(claim, BOOT, takeover=True)
        broker.finish(claim, BOOT, b"done")


async def _receipt(broker: RedisControllerBroker, node: str, uid: str) -> None:
    seen: set[str] = set()
    while uid not in seen:
        events = await broker.events([node], 5.0)
        seen.update(each.uid for each in events)
        await broker.settle(events)


def main(folder: str, what: str, *rest: str) -> None:
    """Does what the command line says; what was measured goes out as JSON."""
    ours = Ours(Path(folder))
    if what == "fill":
        print(json.dumps(asyncio.run(ours.fill(int(rest[0])))))
    elif what == "work":
        ours.work(int(rest[0]))
    else:
        print(json.dumps(asyncio.run(ours.quiet(int(rest[0]), float(rest[1])))))


if __name__ == "__main__":
    main(*sys.argv[1:])
