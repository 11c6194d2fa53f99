"""Becomes a node: trust first, then challenge and registration, again and again until approved, saying why not yet."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from node_agent.agent.control import Executor, ask
from node_agent.agent.gateway import Gateway, Registered
from node_agent.backoff import BackOff
from node_agent.errors import NodeError
from node_agent.messages import Hello, MakeRegistration, OfferCertificate, OfferTrust, Signed, Welcome
from node_agent.status import StatusBoard

PART = "control plane"


@dataclass
class Registration:
    """Registers the node of this executor with this gateway."""

    executor: Executor
    gateway: Gateway
    board: StatusBoard
    wait: Callable[[float], bool]
    back_off: BackOff = field(default_factory=BackOff)

    def until_approved(self) -> Registered | None:
        """The approval; None when `wait` said that the node is going down."""
        while True:
            answer = self._attempt()
            if answer is not None and answer.state == "Approved":
                self.back_off.reset()
                return answer
            pause = self.back_off.next()
            if answer is not None and answer.state == "Pending":
                pause = max(pause, min(answer.retry_after_seconds, self.back_off.longest))
            if self.wait(pause):
                return None

    def _attempt(self) -> Registered | None:
        try:
            answer = self.once()
        except NodeError as error:
            self.board.say(PART, "Unregistered", error.reason, error.message)
            return None
        self.board.say(PART, answer.state, answer.reason, answer.message)
        return answer

    def once(self) -> Registered:
        """One round. Raises NodeError with the reason that the console shows."""
        welcome = ask(self.executor, Hello(), Welcome)
        self.board.about(node=welcome.node, cluster=welcome.cluster, keys=welcome.keys)
        refresh_trust(self.executor, self.gateway)
        challenge = self.gateway.challenge(welcome.node)
        signed = ask(self.executor, MakeRegistration(nonce=challenge.nonce), Signed)
        answer = self.gateway.register(signed.envelope)
        if answer.certificate is not None:
            ask(self.executor, OfferCertificate(envelope=_text(answer.certificate)), Welcome)
        return answer


def refresh_trust(executor: Executor, gateway: Gateway) -> Welcome:
    """Fetches the trust bundle and offers it to the executor, which refuses what does not verify or is older."""
    return ask(executor, OfferTrust(bundle=gateway.trust()), Welcome)


def _text(certificate: object) -> str:
    """An envelope may come as JSON or as its text."""
    if isinstance(certificate, str):
        return certificate
    return json.dumps(certificate, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
