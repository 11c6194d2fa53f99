"""volume.ensure: the volume exists and has its item's size. It never shrinks, and comes back from the bin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from node_agent.errors import StepFailed
from node_agent.executor.drift import GONE
from node_agent.executor.resources import Assignment, Observation, Resource
from node_agent.executor.steps import converge
from node_agent.executor.work import Tools, Verb, Work


class Act(Enum):
    """What can be done for a volume."""

    RESTORE = "volume.restore"
    CREATE = "volume.create"
    GROW = "volume.grow"
    ADOPT = "volume.adopt"


@dataclass(frozen=True)
class Situation:
    """What the plan decides on: bytes on the host (None: not there), the bin, whether the table has it like this.

    `kept`: the table has it, be it in another form, and it is not being removed.
    """

    size: int | None
    in_bin: bool
    adopted: bool
    kept: bool = False


def plan(size: int, epoch: int, now: Situation) -> list[Act]:
    """What is left to do. Raises StepFailed for what is never done: shrinking, and a volume with data made empty."""
    acts = list[Act]()
    if now.size is None and now.kept:
        raise StepFailed("VolumeGone", GONE)
    if now.size is None and now.in_bin:
        acts.append(Act.RESTORE)
    elif now.size is None and epoch > 1:
        raise StepFailed("VolumeElsewhere", f"at epoch {epoch} a volume is received from its node, never made empty")
    elif now.size is None:
        acts.append(Act.CREATE)
    elif now.size > size:
        raise StepFailed("NeverShrinks", f"the volume has {now.size} bytes, the item {size}: keep the size or grow it")
    elif now.size < size:
        acts.append(Act.GROW)
    return acts if now.adopted else [*acts, Act.ADOPT]


def perform(work: Work, tools: Tools) -> bool:
    """Reaches the assignment."""
    assert work.assignment is not None
    assignment, host, name = work.assignment, tools.host, work.host_name
    size, touched = assignment.volume.size, set[Act]()
    acts: dict[Act, Callable[[], None]] = {
        Act.RESTORE: lambda: host.restore_volume(name),
        Act.CREATE: lambda: host.create_volume(name, size),
        Act.GROW: lambda: host.grow_volume(name, size),
        Act.ADOPT: lambda: adopt(assignment, tools),
    }

    def do(act: Act) -> None:
        acts[act]()
        if act is not Act.ADOPT:
            touched.add(act)
            epoch, generation = assignment.epoch, assignment.generation
            tools.effects.note(act.value, str(work.key), host=name, epoch=epoch, generation=generation)

    def look() -> Situation:
        resource = tools.resources.get(work.key)
        kept = resource is not None and not resource.removing
        adopted = kept and resource is not None and resource.assignment == assignment
        return Situation(host.volume_size(name), host.in_bin(name), adopted, kept)

    converge(look, lambda now: plan(size, assignment.epoch, now), do, tools.sleep)
    return bool(touched)


def adopt(assignment: Assignment, tools: Tools) -> None:
    """Puts the volume into the table. Whoever has a grown one is told first, again after a crash in between."""
    known = tools.resources.get(assignment.key)
    if known is not None and known.assignment.volume.size < assignment.volume.size:
        for machine in holders(assignment, tools.resources.all()):
            tools.host.announce_size(machine, assignment.host_name)
    observation = known.observation if known else Observation(state="present", since=tools.clock.timestamp())
    tools.resources.put(Resource(assignment=assignment, observation=observation))


def holders(assignment: Assignment, resources: Iterable[Resource]) -> list[str]:
    """The host names of the machines that have the volume."""
    place = (assignment.namespace, assignment.deployment)
    machines = (each.assignment for each in resources if each.key.kind == "machine")
    own = (each for each in machines if (each.namespace, each.deployment) == place)
    return [each.host_name for each in own if any(one.volume == assignment.name for one in each.machine.volumes)]


VERB = Verb("volume", "ensure", perform)
