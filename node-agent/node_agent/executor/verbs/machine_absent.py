"""machine.absent: nothing of the machine is left on this host but its volumes."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from node_agent.executor import removal
from node_agent.executor.host import MachineFacts, Power
from node_agent.executor.steps import converge
from node_agent.executor.work import Tools, Verb, Work


class Act(Enum):
    """What can be done to take a machine away."""

    BEGIN = "removal.begin"
    STOP = "machine.stop"
    PORT = "port.remove"
    FOLDER = "machine.remove"


def plan(facts: MachineFacts, kept: bool) -> list[Act]:
    """What is left to take away, in order; `kept` says that the table still wants the machine."""
    acts = [Act.BEGIN] if kept else []
    if facts.power is Power.RUNNING:
        acts.append(Act.STOP)
    if facts.port:
        acts.append(Act.PORT)
    if facts.folder:
        acts.append(Act.FOLDER)
    return acts


def perform(work: Work, tools: Tools) -> bool:
    """Takes the machine away; its volumes stay."""
    host, name = tools.host, work.host_name
    acts: dict[Act, Callable[[], None]] = {
        Act.BEGIN: lambda: removal.begin(work, tools),
        Act.STOP: lambda: host.stop(name),
        Act.PORT: lambda: host.remove_port(name),
        Act.FOLDER: lambda: host.remove_machine(name),
    }

    def do(act: Act) -> None:
        acts[act]()
        if act is not Act.BEGIN:
            tools.effects.note(act.value, str(work.key), host=name)

    def left(facts: MachineFacts) -> list[Act]:
        resource = tools.resources.get(work.key)
        return plan(facts, resource is not None and not resource.removing)

    done = converge(lambda: host.machine(name), left, do, tools.sleep)
    removal.end(work, tools)
    return done > 0


VERB = Verb("machine", "absent", perform)
