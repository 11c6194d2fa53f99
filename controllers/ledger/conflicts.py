"""Nodes of which two machines run: what was heard of their starts, and whose conflict no operator resolved yet.

In memory, and after a restart of the ledger from the Node's status: the latest start, and a conflict that was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from controllers.ledger import clones
from controllers.ledger.clones import Cloned, Heard, Overtaken, Start
from controllers.loop.conditions import condition
from controllers.loop.objects import Object
from trust.errors import Code, Refusal
from trust.registration import Registration
from trust.report import Report


@dataclass
class Conflicts:
    """`clock` is the one that challenges are stamped with."""

    clock: Callable[[], float]
    _heard: dict[str, Heard] = field(default_factory=dict)
    _found: dict[str, str] = field(default_factory=dict)
    _resolved: dict[str, str] = field(default_factory=dict)

    def registered(self, registration: Registration, asked: float, seen: Object | None) -> None:
        """Takes in a verified registration. Raises Refusal when a later start spoke meanwhile."""
        name, start = registration.node, Start(registration.start, registration.instance)
        match clones.introduce(self._known(name, seen), start, asked, self.clock()):
            case Heard() as heard:
                self._heard[name] = heard
            case Overtaken(by):
                raise _overtaken(name, start.number, by)
            case Cloned((one, other)):
                self._found[name] = _sentence(name, one, other)

    def reported(self, report: Report, seen: Object) -> None:
        """Takes in a verified report. Raises Refusal when a later start spoke before."""
        match clones.report(self._known(report.node, seen), report.start, self.clock()):
            case Heard() as heard:
                self._heard[report.node] = heard
            case Overtaken(by):
                raise _overtaken(report.node, report.start, by)

    def of(self, seen: Object | None) -> str:
        """The sentence of a node's conflict; empty when it has none, or an operator resolved it."""
        if seen is None:
            return ""
        self._known(seen.name, seen)
        told = condition(seen.status, "Conflict") or {}
        if told.get("status") == "True" and told["lastTransitionTime"] > seen.spec.get("resolved", ""):
            return self._found.get(seen.name) or str(told.get("message", ""))
        return self._found.get(seen.name, "")

    def latest(self, name: str) -> Start | None:
        """The latest start that was heard of."""
        heard = self._heard.get(name)
        return heard.start if heard is not None else None

    def forget(self, name: str) -> None:
        """The node is gone."""
        self._heard.pop(name, None)
        self._found.pop(name, None)
        self._resolved.pop(name, None)

    def _known(self, name: str, seen: Object | None) -> Heard | None:
        """What is known of its latest start: nothing from before an operator resolved its conflict.

        Nor from its status then, which still says what was so before.
        """
        resolved = seen.spec.get("resolved", "") if seen is not None else ""
        if resolved and self._resolved.get(name) != resolved:
            self.forget(name)
            self._resolved[name] = resolved
        elif name not in self._heard and not resolved and seen is not None and seen.status.get("start"):
            self._heard[name] = Heard(Start(seen.status["start"], seen.status.get("instance", "")))
        return self._heard.get(name)


def _overtaken(name: str, number: int, by: Start) -> Refusal:
    return Refusal(Code.EXPIRED, f"start {by.number} of {name} spoke after start {number}: register anew")


def _sentence(name: str, one: Start, other: Start) -> str:
    starts = f"start {one.number} ({one.instance[:8]}) and start {other.number} ({other.instance[:8]})"
    remedy = "switch off all but one and wipe them, then: kubectl hardpan node resolve"
    return f"two machines speak with the key of {name}, {starts}; both are frozen: {remedy} {name}"
