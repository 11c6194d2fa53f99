"""I5: what was removed has left nothing: no machine, port, volume (but in the bin), object, record or queue entry."""

from __future__ import annotations

from collections.abc import Iterator

from controllers.loop.objects import ObjectKey
from controllers.supervisor.caches import DEPLOYMENTS, JOBS, MACHINES, VOLUMES
from tests.sim.world import World


def check(world: World) -> Iterator[str]:
    """A sentence for each thing that is left of no deployment; to be asked when all is quiet."""
    there = {each.uid: each for each in world.api.objects(DEPLOYMENTS)}
    for resource in (MACHINES, VOLUMES, JOBS):
        for seen in world.api.objects(resource):
            if seen.labels.get("hardpan.dev/deployment-uid") not in there:
                yield f"{seen} is left of a deployment that is gone"
    wanted = set(_wanted(world))
    for node in world.nodes:
        for name in sorted({*node.host.machines, *node.host.volumes} - wanted):
            yield f"{node.name} still has {world.truth.subjects.get(name, name)}"
        for each in node.table():
            if each.assignment.host_name not in wanted:
                yield f"{node.name} still keeps {each.key} in its table"
        for uid in world.redis.in_flight(node.id):
            yield f"the queue of {node.name} still has {uid}"


def _wanted(world: World) -> Iterator[str]:
    """The host names of all Machine and Volume objects."""
    for resource, kind in ((MACHINES, "machine"), (VOLUMES, "volume")):
        for seen in world.api.objects(resource):
            yield world.truth.host_name(ObjectKey(seen.namespace, seen.spec["deployment"]), kind, seen.name)
