"""How a machine gets to its goal: one pure plan for the verb, the keeper and recovery after a crash alike.

Everything that can fail without harm comes before what disturbs the guest, so a bad edit leaves running what runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from node_agent.errors import StepFailed
from node_agent.executor.drift import GONE
from node_agent.executor.goal import MachineGoal
from node_agent.executor.host import MachineFacts, Power
from node_agent.executor.resources import Assignment, Observation, Resource
from node_agent.executor.steps import converge
from node_agent.executor.work import Tools


class Act(Enum):
    """What can be done for a machine."""

    FETCH = "image.fetch"
    ROOT = "root.create"
    SEED = "seed.create"
    ADOPT = "machine.adopt"
    STOP = "machine.stop"
    PORT = "port.create"
    LAUNCH = "launch.write"
    START = "machine.start"
    PRUNE = "disks.prune"


EFFECTS = frozenset({Act.ROOT, Act.STOP, Act.PORT, Act.START})


@dataclass(frozen=True)
class Situation:
    """What the plan decides on: the host, the store's image, the table, and whether the machine is to run now.

    `lost` are its volumes that are not on the host.
    """

    facts: MachineFacts
    image: bool
    adopted: bool
    wanted: bool
    lost: tuple[str, ...] = ()


def plan(goal: MachineGoal, now: Situation) -> list[Act]:
    """What is left to do, in order.

    Raises StepFailed before what needs a volume that is gone: a guest that still runs may be all that has its content.
    """
    facts, acts = now.facts, list[Act]()
    changed = facts.launch != goal.launch
    # A running guest cannot be given another port than the one that it was started with.
    cut_off = now.wanted and facts.power is Power.RUNNING and not facts.attached
    if now.lost and (changed or cut_off or (now.wanted and facts.power is not Power.RUNNING)):
        raise StepFailed("VolumeGone", f"{', '.join(now.lost)}: {GONE}")
    if goal.root not in facts.roots:
        acts += [Act.ROOT] if now.image else [Act.FETCH, Act.ROOT]
    if goal.seed_name not in facts.seeds:
        acts.append(Act.SEED)
    if not now.adopted:
        acts.append(Act.ADOPT)
    if facts.power is Power.RUNNING and (changed or cut_off):
        acts.append(Act.STOP)
    if not facts.port:
        acts.append(Act.PORT)
    if changed:
        acts.append(Act.LAUNCH)
    if now.wanted and (changed or cut_off or facts.power is not Power.RUNNING):
        acts.append(Act.START)
    if facts.roots - {goal.root} or facts.seeds - {goal.seed_name}:
        acts.append(Act.PRUNE)
    return acts


def reach(assignment: Assignment, tools: Tools) -> bool:
    """Brings the machine to its assignment. Returns whether the host was changed; raises StepFailed or TryAgain."""
    return Reaching(assignment, tools).run()


class Reaching:
    """One run of the plan; knows what it started, because a guest that ended by itself is not started again here."""

    def __init__(self, assignment: Assignment, tools: Tools) -> None:
        self._assignment = assignment
        self._tools = tools
        self._goal = tools.goals.of(tools.cluster, assignment)
        self._started = False
        self._touched = False

    def run(self) -> bool:
        """Reaches the goal."""
        converge(self._look, lambda now: plan(self._goal, now), self._do, self._tools.sleep)
        self._settle()
        return self._touched

    def _look(self) -> Situation:
        host, goal = self._tools.host, self._goal
        facts = host.machine(goal.host_name, goal.address)
        resource = self._tools.resources.get(self._assignment.key)
        adopted = resource is not None and resource.assignment == self._assignment and not resource.removing
        lost = tuple(each.volume for each in goal.seed.drives if host.volume_size(each.host_name) is None)
        return Situation(facts, host.has_image(goal.image.sha256), adopted, self._wanted(resource), lost)

    def _wanted(self, resource: Resource | None) -> bool:
        """Only what is about to start is started here; what ended later is the keeper's, by the restart policy."""
        return not self._started and (resource is None or resource.observation.state == "starting")

    def _do(self, act: Act) -> None:
        host, goal = self._tools.host, self._goal
        acts: dict[Act, Callable[[], None]] = {
            Act.FETCH: lambda: host.fetch_image(goal),
            Act.ROOT: lambda: host.make_root(goal),
            Act.SEED: lambda: host.write_seed(goal),
            Act.ADOPT: self._adopt,
            Act.STOP: lambda: host.stop(goal.host_name),
            Act.PORT: lambda: host.make_port(goal),
            Act.LAUNCH: lambda: host.write_launch(goal),
            Act.START: lambda: host.start(goal),
            Act.PRUNE: lambda: host.prune(goal),
        }
        acts[act]()
        self._started |= act is Act.START
        self._touched |= act is not Act.ADOPT
        if act in EFFECTS:
            epoch, generation = self._assignment.epoch, self._assignment.generation
            subject, host_name = str(self._assignment.key), goal.host_name
            self._tools.effects.note(act.value, subject, host=host_name, epoch=epoch, generation=generation)

    def _adopt(self) -> None:
        """From here on the table says the new assignment, and the keeper finishes what this run may leave undone."""
        tools, now = self._tools, self._tools.clock.timestamp()
        resource = tools.resources.get(self._assignment.key)
        if resource is None:
            observation = Observation(state="starting", since=now)
            resource = Resource(assignment=self._assignment, observation=observation)
        elif tools.host.machine(self._goal.host_name).launch != self._goal.launch:
            resource = resource.seen("starting", now, failures=0, message="")
        tools.resources.put(resource.model_copy(update={"assignment": self._assignment, "removing": False}))

    def _settle(self) -> None:
        resource = self._tools.resources.get(self._assignment.key)
        if resource is None or resource.observation.state != "starting":
            return
        if self._tools.host.power(self._goal.host_name) is Power.CRASHED:
            raise StepFailed("EndedAtOnce", f"machine {self._assignment.name} ended right after its start")
        self._tools.resources.put(resource.seen("running", self._tools.clock.timestamp(), message=""))
