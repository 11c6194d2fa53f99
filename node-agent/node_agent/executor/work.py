"""What a verb is given and what it answers. A verb is one file under `verbs/` that exports `VERB`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from node_agent.clock import Clock
from node_agent.executor.effects import EffectsLog
from node_agent.executor.goal import Goals
from node_agent.executor.host import Host
from node_agent.executor.marks import Marks
from node_agent.executor.resources import Assignment, Key, Kind, Resources
from node_agent.executor.store import Store
from trust.registration import Capacity


@dataclass(frozen=True)
class Tools:
    """What verbs and keeper work with."""

    cluster: str
    host: Host
    store: Store
    resources: Resources
    marks: Marks
    effects: EffectsLog
    clock: Clock
    sleep: Callable[[float], None]
    capacity: Callable[[], Capacity]
    goals: Goals = field(default_factory=Goals)


@dataclass(frozen=True)
class Work:
    """One admitted step. `assignment` is what to keep; None for a removal. `issued` is when the job was signed.

    `tenant` is the id of whose it is; empty when a removal names none and the table does not know it.
    """

    key: Key
    deployment: str
    host_name: str
    issued: int
    assignment: Assignment | None = None
    tenant: str = ""


@dataclass(frozen=True)
class Verb:
    """A verb on a kind; `perform` reaches its state and returns whether anything had to be done."""

    kind: Kind
    name: str
    perform: Callable[[Work, Tools], bool]
