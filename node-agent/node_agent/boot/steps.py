"""The next step from a bare machine to a running node, decided on one look at everything. Pure.

Each step is safe to do again after a cut at any moment: what was done is seen by the next look, not remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from node_agent.boot import disks, network
from node_agent.boot.network import Card
from node_agent.boot.offers import Chosen

EXECUTOR, AGENT = "executor", "agent"


class Step(Enum):
    """What to do next."""

    RAISE_CLOCK = "raise the clock"
    PARTITION = "partition"
    FORMAT = "format"
    MOUNT = "mount"
    LAY_DOWN = "write the medium; whoever goes by another one is ended"
    START_EXECUTOR = EXECUTOR
    ASK_TIME = "ask the time"
    START_AGENT = AGENT
    WAIT = "wait"


_DISK_STEPS = {
    disks.Act.PARTITION: Step.PARTITION,
    disks.Act.FORMAT: Step.FORMAT,
    disks.Act.MOUNT: Step.MOUNT,
    disks.Act.WAIT: Step.WAIT,
}


@dataclass(frozen=True)
class Situation:
    """One look. `trouble` is what is wrong with the image, or what went wrong with the last step.

    `drivers_load`: disks, cards and channels may still be missing. `pool` is None once it is mounted; `medium` is empty
    until a gateway is named, `written` is the one in use.
    """

    trouble: str = ""
    chosen: Chosen = field(default_factory=Chosen)
    cards: tuple[Card, ...] = ()
    drivers_load: bool = False
    pool: disks.Choice | None = None
    clock_below_floor: bool = False
    time_due: bool = False
    medium: bytes = b""
    written: bytes = b""
    started: frozenset[str] = frozenset()


def next_step(now: Situation) -> Step:
    """The executor needs no network: after a power cut the machines come back while the control plane is away."""
    if now.clock_below_floor:
        return Step.RAISE_CLOCK
    if now.drivers_load:
        return Step.WAIT
    if now.pool is not None:
        return _DISK_STEPS[now.pool.act]
    if not now.medium:
        return Step.WAIT
    if now.medium != now.written:
        return Step.LAY_DOWN
    if EXECUTOR not in now.started:
        return Step.START_EXECUTOR
    return _network_step(now)


def _network_step(now: Situation) -> Step:
    if network.missing(now.cards):
        return Step.WAIT
    if now.time_due:
        return Step.ASK_TIME
    return Step.WAIT if AGENT in now.started else Step.START_AGENT


NO_GATEWAY = (
    "nobody names the control plane: put it on the boot medium (`hardpan image usb --gateway`), "
    "or into DHCP option 224, as https://HOST:PORT"
)


def obstacle(now: Situation) -> str:
    """What keeps the machine from going on by itself, with the remedy; empty for nothing. Pure."""
    if now.trouble:
        return now.trouble
    if now.drivers_load:
        return ""
    if now.pool is not None and now.pool.stuck:
        return now.pool.why
    return network.missing(now.cards) or ("" if now.chosen.gateway else NO_GATEWAY)
