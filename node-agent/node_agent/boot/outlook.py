"""What the console shows of one look, and since when the state is so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from node_agent.boot.network import addresses
from node_agent.boot.node_state import NodeState
from node_agent.boot.screen import Screen
from node_agent.boot.site import Image
from node_agent.boot.steps import Situation, obstacle
from node_agent.clock import render

PATIENCE_SECONDS = 5.0
STARTING, WAITING = "Starting", "Waiting"


@dataclass(frozen=True)
class History:
    """What an earlier look showed: the state with its reason and since when, and an obstacle and since when."""

    state: tuple[str, str] = ("", "")
    since: datetime = datetime.min
    obstacle: str = ""
    obstacle_since: float = 0.0

    def shifted(self, seconds: float) -> History:
        """The same after the clock was set. Pure."""
        return replace(self, since=self.since + timedelta(seconds=seconds))


@dataclass(frozen=True)
class Moment:
    """Now: wall time, and seconds since the machine started."""

    wall: datetime
    elapsed: float


def observe(before: History, now: Situation, node: NodeState, moment: Moment) -> History:
    """What a later look has to know. Pure."""
    found = obstacle(now)
    since = before.obstacle_since if found and found == before.obstacle else moment.elapsed
    waits = bool(found) and moment.elapsed - since >= PATIENCE_SECONDS
    state = (node.state, node.reason) if node.state else (WAITING if waits else STARTING, "")
    return History(state, before.since if state == before.state else moment.wall, found, since)


def compose(
    image: Image, now: Situation, node: NodeState, seen: History, disk: str, clock: str, update: str = ""
) -> Screen:
    """The screen; `update` says how the machine stands with another image. Pure."""
    waits = seen.state[0] != STARTING
    gateway, channel = now.chosen.gateway, now.chosen.channel
    return Screen(
        title=f"{image.name} {image.version}".strip(),
        node=node.node,
        addresses=addresses(now.cards),
        control_plane=f"{gateway} (from {channel})" if gateway else "",
        disk=disk,
        keys=node.keys,
        update=update,
        clock=clock,
        state=seen.state[0],
        reason=seen.state[1],
        since=render(seen.since),
        sentence=(seen.obstacle or node.sentence) if waits else "",
        notes=now.chosen.ignored,
    )


def progress(now: Situation, node: NodeState, seen: History) -> str:
    """How far the machine is on its way to a node, in one sentence. Pure."""
    state, reason = seen.state
    named = f"{state} ({reason})" if reason else state
    sentence = obstacle(now) or node.sentence
    return f"{named}: {sentence}" if sentence else named
