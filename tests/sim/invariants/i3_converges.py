"""I3: when the faults are over, an accepted deployment is as described, or its conditions say why not."""

from __future__ import annotations

from collections.abc import Iterator

from controllers.loop.conditions import condition, is_true
from controllers.loop.objects import Object
from controllers.supervisor.caches import MACHINES, VOLUMES
from crds.meta import DEPLOYMENT_UID_LABEL
from crds.workload import MachineItem, VolumeItem
from plans.model import Plan
from tests.sim.truth import values_of
from tests.sim.world import DEPLOYMENTS, World


def check(world: World) -> Iterator[str]:
    """A sentence for each deployment that neither converged nor says why."""
    for seen in world.api.objects(DEPLOYMENTS):
        if problem := trouble(world, seen):
            yield f"{seen.key}: {problem}"


def trouble(world: World, seen: Object) -> str:
    """What is wrong with a deployment; empty when nothing is."""
    if seen.deletion_timestamp is not None:
        return "is still being removed"
    ready = condition(seen.status, "Ready")
    if ready is None or ready["observedGeneration"] != seen.generation:
        return f"its status is of an older generation: {ready}"
    accepted = (seen.status.get("accepted") or {}).get("revision")
    wanted = world.wanted.get(seen.key)
    if is_true(seen.status, "Paused"):
        return "" if seen.spec.get("suspend") else "it says that it is paused, and it is not"
    if seen.spec.get("suspend"):
        return "it does not say that it is paused"
    spoiled = seen.key in world.spoiled
    if is_true(seen.status, "Ready"):
        if wanted is None or spoiled or accepted != wanted:
            return f"it says Ready at revision {accepted}; the last good one is {wanted}, spoiled since: {spoiled}"
        return differences(world, seen, world.truth.signed[seen.key][wanted])
    if wanted is not None and not spoiled and waits_for_people(world, seen):
        return ""
    if wanted is not None and not spoiled and not explained(seen):
        return f"it is not Ready and nothing is wrong with it: {ready['reason']}: {ready['message']}"
    held = world.marked(seen.key)
    if spoiled and accepted != held and (accepted is not None or world.children(seen)):
        return f"revision {held} was accepted; after a bad edit it says that {accepted} is"
    if accepted is not None and not explained(seen) and not waits_for_people(world, seen):
        return differences(world, seen, world.truth.signed[seen.key][accepted])
    return ""


def explained(seen: Object) -> bool:
    """Whether a condition says what the people have to change."""
    reasons = {"NoNodeFits", "UpdateRefused", "NameTaken"}
    return any(each["reason"] in reasons for each in seen.status.get("conditions") or ())


def waits_for_people(world: World, seen: Object) -> bool:
    """Whether it waits for another plan than the accepted: a volume came back from the bin larger than it has it."""
    accepted = (seen.status.get("accepted") or {}).get("revision")
    said = any("NeverShrinks: the volume has" in each["message"] for each in seen.status.get("conditions") or ())
    if not said or accepted is None:
        return False
    plan = world.truth.signed[seen.key][accepted]
    items = {world.truth.host_name(seen.key, each.kind, each.name): each.item for each in plan.resources}
    return any(
        isinstance(item, VolumeItem) and node.host.volumes.get(name, 0) > item.size
        for name, item in items.items()
        for node in world.nodes
    )


def differences(world: World, seen: Object, plan: Plan) -> str:
    """What the hosts have otherwise than the plan says, or will have when what is being removed is gone."""
    for resource in (MACHINES, VOLUMES):
        for child in world.api.objects(resource, seen.namespace):
            if child.labels.get(DEPLOYMENT_UID_LABEL) == seen.uid:
                if child.deletion_timestamp is not None:
                    return f"{child} is still being removed"
                if child.status.get("observedGeneration") != child.generation:
                    return f"{child} has not come to its newest change"
    running = {name: node for node in world.nodes for name in node.host.running}
    for each in plan.resources:
        name = world.truth.host_name(seen.key, each.kind, each.name)
        if isinstance(each.item, MachineItem):
            if name not in running and each.item.restart == "always":
                return f"machine {each.name} does not run"
            if name in running:
                goal = running[name].host.started[name]
                found = (goal.cpus, goal.memory, goal.disk, goal.image.sha256)
                if found != values_of(each.item):
                    return f"machine {each.name} runs with {found}, described is {values_of(each.item)}"
        elif not any(node.host.volumes.get(name) == each.item.size for node in world.nodes):
            return f"volume {each.name} is not there with {each.item.size} bytes"
    return ""
