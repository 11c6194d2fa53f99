"""volume.absent: the volume is out of the way. It waits in the bin, unless its signed item says to destroy it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from node_agent.errors import StepFailed
from node_agent.executor import removal
from node_agent.executor.bin import BinTable
from node_agent.executor.resources import Resource
from node_agent.executor.steps import converge
from node_agent.executor.work import Tools, Verb, Work


class Act(Enum):
    """What can be done to take a volume away."""

    BEGIN = "removal.begin"
    BIN = "volume.bin"
    DESTROY = "volume.destroy"


def plan(exists: bool, kept: bool, destroy: bool) -> list[Act]:
    """What is left to do; `kept` says that the table still wants the volume."""
    acts = [Act.BEGIN] if kept else []
    if exists:
        acts.append(Act.DESTROY if destroy else Act.BIN)
    return acts


def perform(work: Work, tools: Tools) -> bool:
    """Takes the volume away. StepFailed while a machine has it."""
    host, name = tools.host, work.host_name
    require_free(work, tools.resources.all())
    acts: dict[Act, Callable[[], None]] = {
        Act.BEGIN: lambda: removal.begin(work, tools),
        Act.BIN: lambda: put_into_bin(work, tools),
        Act.DESTROY: lambda: host.destroy_volume(name),
    }

    def do(act: Act) -> None:
        acts[act]()
        if act is not Act.BEGIN:
            tools.effects.note(act.value, str(work.key), host=name)

    def left(size: int | None) -> list[Act]:
        resource = tools.resources.get(work.key)
        destroy = resource is not None and resource.assignment.volume.on_delete == "destroy"
        return plan(size is not None, resource is not None and not resource.removing, destroy)

    done = converge(lambda: host.volume_size(name), left, do, tools.sleep)
    removal.end(work, tools)
    return done > 0


def put_into_bin(work: Work, tools: Tools) -> None:
    """Moves the volume into the bin for the term that its signed item gives."""
    resource = tools.resources.get(work.key)
    if resource is not None:
        BinTable(tools.store).promise(work.host_name, resource.assignment.volume.bin_days)
    tools.host.bin_volume(work.host_name)


def require_free(work: Work, resources: Iterable[Resource]) -> None:
    """StepFailed while a machine of the deployment has the volume."""
    for each in resources:
        assignment = each.assignment
        if assignment.kind != "machine" or assignment.namespace != work.key.namespace:
            continue
        if any(reference.volume == work.key.name for reference in assignment.machine.volumes):
            raise StepFailed("VolumeInUse", f"volume {work.key.name} waits until machine {assignment.name} is gone")


VERB = Verb("volume", "absent", perform)
