"""Registrations: from a signed request to a Node object and the answer that the machine's console shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from controllers.ledger.approval import Claim, Decision, TokenUse, Vouched, decide
from controllers.ledger.attestation import Attested, attested, bound_key, expected
from controllers.ledger.challenge import LIFE_SECONDS, Challenges
from controllers.ledger.conflicts import Conflicts
from controllers.ledger.hardware import hardware_of
from controllers.ledger.presence import Presence
from controllers.ledger.returns import Returns
from controllers.ledger.waiting import WaitingRoom
from controllers.loop.cache import Cache
from controllers.loop.errors import AlreadyExists
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey, resource_of
from controllers.removed import sentence
from crds.node import NODE, NodeSpec
from crds.node_conditions import Reason
from crds.reasons import RefusalReason
from trust.certificate import NodeCertificate, token_open, verify_certificate
from trust.errors import Code, Refusal
from trust.part import format_time, parse_time
from trust.registration import Registration, open_registration
from trust.snapshot import TrustView

NODES = resource_of(NODE)
RETRY_SECONDS = {"Pending": 10.0, "Refused": 300.0, "Approved": 0.0}
GONE = (Reason.REVOKED, RefusalReason.NODE_REMOVED)


@dataclass
class Registry:
    """Answers challenges and registrations."""

    kube: Kube
    nodes: Cache
    trust: Callable[[], TrustView]
    challenges: Challenges
    presence: Presence
    conflicts: Conflicts
    clock: Callable[[], datetime]
    wake: Callable[[ObjectKey], None]
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._returns = Returns(self.kube)
        self._room = WaitingRoom(self.kube, self.nodes, self.presence, self.wake)

    async def challenge(self, node: str) -> dict[str, Any]:
        """A nonce, and what time it is here."""
        now = self.clock()
        return {"nonce": self.challenges.make(node), "serverTime": format_time(now), "expiresInSeconds": LIFE_SECONDS}

    async def register(self, data: bytes, sender: str) -> dict[str, Any]:
        """The answer to a registration that came from this address. Raises Refusal, KubeError."""
        view = self.trust()
        registration = open_registration(data, view.cluster)
        asked = self.challenges.use(registration.node, registration.nonce)
        # One at a time from counting to storing: else a token admits more machines than its count.
        async with self._one_at_a_time:
            seen = self.nodes.get(ObjectKey("", registration.node))
            certificate, refusal = _vouched(registration, seen, view)
            verdict = self._attested(registration, seen, view)
            decided = partial(self._decide, registration, sender, certificate, refusal, seen, view, verdict)
            if seen is None:
                # Before anything is remembered: there are more strangers than memory.
                await self._room.admit(decided())
            self.conflicts.registered(registration, asked, seen)
            decision = decided()
            seen = await self._store(registration, data, seen, decision)
        counts = certificate if decision.state == "Approved" else None
        self.presence.registered(registration, decision, counts, verdict)
        self.wake(seen.key)
        if decision.reason in GONE:
            await self._returns.tell(seen, registration, decision)
        return self._answer(decision, seen)

    def _decide(
        self,
        registration: Registration,
        sender: str,
        certificate: NodeCertificate | None,
        refusal: Refusal | None,
        seen: Object | None,
        view: TrustView,
        verdict: Attested,
    ) -> Decision:
        now, token = self.clock(), certificate.token if certificate else None
        joined = seen is not None and seen.spec.get("certificate") is not None
        if token is not None and not joined:
            try:
                token_open(view, token, now)
            except Refusal as closed:
                certificate, refusal = None, closed
        vouched = Vouched(token, certificate.site, certificate.region) if certificate else None
        claim = Claim(
            registration.node,
            parse_time(registration.time),
            hardware_of(registration.inventory),
            vouched,
            (str(refusal.code), refusal.message) if refusal else None,
            joined,
            sender,
            verdict,
        )
        use, revoked = self._use(token, registration.node, view), view.node_revoked(registration.node)
        removed = sentence(seen) if seen else ""
        return decide(claim, use, revoked=revoked, now=now, conflict=self.conflicts.of(seen), removed=removed)

    def _attested(self, registration: Registration, seen: Object | None, view: TrustView) -> Attested:
        held = self.presence.of(registration.node)
        bound = bound_key(seen, held.attested if held else None)
        return attested(registration, bound, expected(view))

    def _use(self, token: str | None, node: str, view: TrustView) -> TokenUse | None:
        record = view.tokens.get(token) if token else None
        if record is None:
            return None
        used = sum(1 for each in self.nodes.unordered() if each.spec.get("token") == token and each.name != node)
        bounds = (record.board_vendor, record.machines or (), record.networks or (), bool(record.measured))
        return TokenUse(used, record.count, *bounds)

    async def _store(self, registration: Registration, data: bytes, seen: Object | None, decision: Decision) -> Object:
        """A Node for every machine that registered, with what it signed; its certificate only when it counts."""
        approved = decision.state == "Approved"
        token = decision.message.removeprefix("approved by token ") if decision.reason == "ApprovedByToken" else None
        if seen is None:
            spec = NodeSpec(
                signing_key=registration.signing_key,
                registration=data.decode(),
                token=token,
                certificate=registration.certificate if approved else None,
            )
            body = {"metadata": {"name": registration.node}, "spec": spec.wire()}
            try:
                return await self.kube.create(NODES, body)
            except AlreadyExists:
                seen = await self.kube.get(NODES, ObjectKey("", registration.node))
        if approved and not seen.spec.get("certificate") and registration.certificate:
            changed = {"certificate": registration.certificate, **({"token": token} if token else {})}
            return await self.kube.patch(seen, {"spec": changed})
        return seen

    def _answer(self, decision: Decision, seen: Object) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "state": decision.state,
            "reason": str(decision.reason),
            "message": decision.message,
            "retryAfterSeconds": RETRY_SECONDS[decision.state],
            "reportIntervalSeconds": self.presence.interval(),
        }
        if decision.state == "Approved" and seen.spec.get("certificate"):
            answer["certificate"] = seen.spec["certificate"]
        return answer


def _vouched(
    registration: Registration, seen: Object | None, view: TrustView
) -> tuple[NodeCertificate | None, Refusal | None]:
    """The certificate that counts for these keys: the operator's on the Node, else the one that came along."""
    held = (seen.spec.get("certificate") if seen else None) or registration.certificate
    if held is None:
        return None, None
    try:
        certificate = verify_certificate(held.encode(), view)
        _check_keys(certificate, registration)
    except Refusal as refusal:
        return None, refusal
    return certificate, None


def _check_keys(certificate: NodeCertificate, registration: Registration) -> None:
    for name in ("node", "signing_key", "box_key", "tls_key", "mycelium_key"):
        if getattr(certificate, name) != getattr(registration, name):
            raise Refusal(Code.CERTIFICATE_REFUSED, f"the certificate is for another {name.replace('_', ' ')}")
