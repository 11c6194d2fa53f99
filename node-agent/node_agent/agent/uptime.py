"""Tells the ledger at the interval it asks for that the node is up, and learns of newer trust by the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from node_agent.agent.control import Executor, ask
from node_agent.agent.gateway import Gateway, Reported
from node_agent.agent.registration import PART, refresh_trust
from node_agent.backoff import BackOff
from node_agent.errors import NodeError, Refused
from node_agent.messages import Done, Hello, MakeReport, OfferImage, Signed, Welcome
from node_agent.status import StatusBoard

SHORTEST, LONGEST = 1.0, 300.0


@dataclass
class Uptime:
    """Reports until the ledger no longer counts the node as approved. `fixed` overrides the ledger's interval."""

    executor: Executor
    gateway: Gateway
    board: StatusBoard
    wait: Callable[[float], bool]
    fixed: float | None = None
    back_off: BackOff = field(default_factory=BackOff)

    def until_unknown(self, interval: float) -> bool:
        """Returns True when the node has to register again, False when `wait` said that it is going down."""
        interval = self._interval(interval)
        while True:
            try:
                answer = self.once()
            except Refused as refusal:
                self.board.say(PART, "Unregistered", refusal.reason, refusal.message)
                return not self.wait(self.back_off.next())
            except NodeError as error:
                self.board.say(PART, "Away", error.reason, error.message)
                # Longer silence would be taken for death after the ledger has come back; and a try costs a report.
                pause = min(self.back_off.next(), interval)
            else:
                if answer.state in ("Pending", "Refused"):
                    return not self.wait(self.back_off.next())
                self.board.say(PART, "Reporting")
                self.back_off.reset()
                pause = interval = self._interval(answer.report_interval_seconds or interval)
            if self.wait(pause):
                return False

    def once(self) -> Reported:
        """One report, and newer trust when there is some."""
        signed = ask(self.executor, MakeReport(), Signed)
        answer = self.gateway.report(signed.envelope)
        known = ask(self.executor, Hello(), Welcome)
        if answer.trust is not None and answer.trust.version > known.snapshot_version:
            refresh_trust(self.executor, self.gateway)
        if answer.image is not None:
            ask(self.executor, OfferImage(release=answer.image.release, asked=answer.image.asked), Done)
        return answer

    def _interval(self, asked: float) -> float:
        return self.fixed or max(SHORTEST, min(LONGEST, asked))
