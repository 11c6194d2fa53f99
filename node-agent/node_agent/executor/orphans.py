"""What is on the host and in no table: told first, and taken away after a day when it is provably ours.

A table that was restored from a copy lacks what came later: until the day is over the control plane orders it again,
and it is taken in as it is. A machine that runs is never ended by this: it may be all that serves somebody.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from node_agent.errors import NodeError
from node_agent.executor.bin import BinTable
from node_agent.executor.health import Health
from node_agent.executor.host import Orphan
from node_agent.executor.work import Tools

log = logging.getLogger(__name__)
LOOK_SECONDS = 60.0
GRACE_SECONDS = 86_400.0
BIN_DAYS = 30
SHOWN = 3
PART = "orphans"
Since = Mapping[Orphan, float]


def seen_since(found: Iterable[Orphan], before: Since, elapsed: float) -> Since:
    """Since when each is there without a break. Pure."""
    return {each: before.get(each, elapsed) for each in found}


def due(since: Since, elapsed: float) -> tuple[Orphan, ...]:
    """What has been there for its grace, is provably ours and of use to nobody. Pure."""
    return tuple(each for each, began in since.items() if each.ours and not each.used and _over(began, elapsed))


def _over(began: float, elapsed: float) -> bool:
    return elapsed - began >= GRACE_SECONDS


def sentence(found: Iterable[Orphan]) -> str:
    """What a person should know. Pure."""
    listed = sorted(found)
    names = ", ".join(f"{each.kind} {each.name}{_about(each)}" for each in listed[:SHOWN])
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return f"on this node, and nobody asked for it: {names}{more}; what is not used and has our mark goes after a day"


def _about(each: Orphan) -> str:
    if each.used:
        return " (runs)"
    return "" if each.ours else " (without our mark)"


@dataclass
class Tidier:
    """Looks once a minute. What is there at one look only is somebody's work under way, and is not told."""

    tools: Tools
    health: Health
    _looked: float = field(default=float("-inf"), init=False)
    _since: Since = field(default_factory=dict, init=False)

    def pass_once(self) -> None:
        """To be called often."""
        elapsed = self.tools.clock.elapsed()
        if elapsed < self._looked + LOOK_SECONDS:
            return
        self._looked = elapsed
        wanted = frozenset(each.assignment.host_name for each in self.tools.resources.all())
        self._since = seen_since(self.tools.host.orphans(wanted), self._since, elapsed)
        for each in due(self._since, elapsed):
            self._remove(each)
        lasting = [each for each, began in self._since.items() if began < elapsed]
        if lasting:
            self.health.found(PART, "OrphansFound", sentence(lasting))
        else:
            self.health.clear(PART)

    def _remove(self, orphan: Orphan) -> None:
        try:
            if orphan.kind == "volume":
                BinTable(self.tools.store).promise(orphan.name, BIN_DAYS)
            self.tools.host.remove_orphan(orphan)
        except NodeError as error:
            log.warning("%s: %s", orphan.name, error)
            return
        self.tools.effects.note("orphan.remove", orphan.name, kind=orphan.kind)
        self._since = {each: began for each, began in self._since.items() if each != orphan}
