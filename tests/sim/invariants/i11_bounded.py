"""I11: nothing grows without bound: when all is quiet, every store is as small as what is there explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from controllers.loop.objects import EVENT
from controllers.supervisor.caches import JOBS
from crds.meta import DEPLOYMENT_UID_LABEL
from tests.sim.node import Node
from tests.sim.world import World

KEPT_JOBS = 8
MOST_EVENTS = 1000


def check(world: World) -> Iterator[str]:
    """A sentence for each store that is too large."""
    jobs = Counter(each.labels.get(DEPLOYMENT_UID_LABEL, "") for each in world.api.objects(JOBS))
    for uid, count in jobs.items():
        if count > KEPT_JOBS + len(world.nodes):
            yield f"deployment {uid} has {count} jobs"
    if (events := len(world.api.objects(EVENT))) > MOST_EVENTS:
        yield f"{events} Kubernetes events"
    for node in world.nodes:
        yield from _of_node(world, node)


def _of_node(world: World, node: Node) -> Iterator[str]:
    # What was begun and never came again goes with the oldest.
    if steps := node.count("steps WHERE uid NOT IN (SELECT uid FROM jobs WHERE receipt IS NULL)"):
        yield f"the journal of {node.name} holds {steps} steps of jobs that are over"
    terms, binned = node.count("bin_terms"), len(node.host.bin)
    if terms > binned + len(node.host.volumes):
        yield f"the journal of {node.name} holds {terms} terms for {binned} volumes in the bin"
    entries, unsettled = world.redis.sizes(node.id)
    if entries or unsettled:
        yield f"the queue of {node.name} holds {entries} entries and {unsettled} events"
