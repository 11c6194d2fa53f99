"""Gives a certified node its way to the queue: a password and a client certificate, sealed to its box key."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from controllers.loop.cache import Cache
from controllers.loop.conditions import is_true
from controllers.loop.objects import ObjectKey
from controllers.removed import sentence
from jobs.broker import ControllerBroker
from trust.certificate import NodeCertificate, verify_certificate
from trust.dsse import decode, encode
from trust.errors import Code, Refusal
from trust.keys import seal
from trust.machine import open_signed, peek
from trust.part import parse_time
from trust.registration import CREDENTIALS_TYPE, CredentialsRequest
from trust.snapshot import TrustView

CLOCK_TOLERANCE = timedelta(minutes=5)
NONCES_KEPT = 10_000


@dataclass(frozen=True)
class SiteAuthority:
    """The site's own X.509 authority: it signs only certificates with which nodes come to the queue."""

    certificate: Path
    key: Path

    def issue(self, node: str, public: bytes, now: datetime) -> bytes:
        """A client certificate, in PEM, for a node's Ed25519 TLS key."""
        # Ten MiB that only a supervisor with nodes pays.
        from controllers.supervisor.issuing import client_certificate

        return client_certificate(self.certificate, self.key, node, public, now)


@dataclass(frozen=True)
class QueueDoor:
    """Where nodes find the queue, and who signed its certificate: the site's authority, or that of another's Redis."""

    url: str
    authority: Path


class CredentialsDesk:
    """Answers credential requests. Each answer replaces the password, so that an old one never works on."""

    def __init__(
        self,
        nodes: Cache,
        trust: Callable[[], TrustView],
        broker: ControllerBroker,
        authority: SiteAuthority,
        queue: QueueDoor,
        clock: Callable[[], datetime],
    ) -> None:
        self._nodes, self._trust, self._broker = nodes, trust, broker
        self._authority, self._queue, self._clock = authority, queue, clock
        self._nonces: dict[str, None] = {}

    async def answer(self, data: bytes) -> dict[str, str]:
        """The sealed credentials for a signed request. Raises Refusal, JobsError."""
        certificate = self._check(data)
        password = secrets.token_urlsafe(32)
        await self._broker.ensure_ready([certificate.node])
        await self._broker.grant(certificate.node, password)
        issued = self._authority.issue(certificate.node, decode(certificate.tls_key), self._clock())
        inside = {
            "url": self._queue.url,
            "username": certificate.node,
            "password": password,
            "ca": self._queue.authority.read_text(),
            "certificate": issued.decode(),
        }
        return {"sealed": encode(seal(decode(certificate.box_key), json.dumps(inside).encode()))}

    def _check(self, data: bytes) -> NodeCertificate:
        claimed = peek(data, CREDENTIALS_TYPE, CredentialsRequest)
        node = self._nodes.get(ObjectKey("", claimed.node))
        if node is None or not node.spec.get("certificate"):
            raise Refusal(Code.CERTIFICATE_REFUSED, f"{claimed.node} is not approved: register first")
        if removed := sentence(node):
            raise Refusal(Code.NODE_REMOVED, removed)
        if is_true(node.status, "Conflict"):
            raise Refusal(Code.NODE_CONFLICT, f"two machines speak with the key of {claimed.node}: both are frozen")
        view = self._trust()
        certificate = verify_certificate(node.spec["certificate"].encode(), view)
        request = open_signed(data, CREDENTIALS_TYPE, CredentialsRequest, decode(certificate.signing_key))
        if request.cluster != view.cluster or certificate.node != request.node:
            raise Refusal(Code.WRONG_NODE, f"{request.node} asks with the certificate of {certificate.node}")
        if abs(parse_time(request.time) - self._clock()) > CLOCK_TOLERANCE:
            raise Refusal(Code.EXPIRED, f"the request of {request.node} is not of this time: check its clock")
        self._use(request.nonce)
        return certificate

    def _use(self, nonce: str) -> None:
        if nonce in self._nonces:
            raise Refusal(Code.EXPIRED, "this request was answered before: ask with a new challenge")
        self._nonces[nonce] = None
        while len(self._nonces) > NONCES_KEPT:
            del self._nonces[next(iter(self._nonces))]
