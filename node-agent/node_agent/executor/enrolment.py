"""What the node says to become one: its certificate and the signed requests to ledger and supervisor."""

from __future__ import annotations

import threading
from pathlib import Path

from node_agent.clock import Clock
from node_agent.errors import Refused
from node_agent.executor.attestation import Attest, nothing
from node_agent.executor.identity import Identity
from node_agent.executor.starts import Starts
from node_agent.executor.trust_state import TrustState
from node_agent.medium import JoinToken
from sal.filesystem import write_durably
from trust.certificate import NodeCertificate, sign_with_token, verify_certificate
from trust.dsse import decode, encode
from trust.errors import Code, Refusal
from trust.keys import SigningKey
from trust.machine import sign
from trust.records import JoinTokenRecord
from trust.registration import (
    CREDENTIALS_TYPE,
    REGISTRATION_TYPE,
    Capacity,
    CredentialsRequest,
    Inventory,
    Registration,
    attestation_challenge,
)


class Enrolment:
    """Holds the certificate once there is one: by the medium's token at once, or later by an operator."""

    def __init__(
        self,
        identity: Identity,
        starts: Starts,
        trust: TrustState,
        clock: Clock,
        path: Path,
        token: JoinToken | None,
        attest: Attest = nothing,
    ) -> None:
        self._identity = identity
        self._starts = starts
        self._trust = trust
        self._clock = clock
        self._path = path
        self._token = token
        self._attest = attest
        self._lock = threading.Lock()

    def envelope(self) -> bytes | None:
        """The certificate's envelope; made with the token when trust lists it and there is none yet."""
        with self._lock:
            if not self._path.exists():
                self._vouch()
            return self._path.read_bytes() if self._path.exists() else None

    def certificate(self) -> NodeCertificate:
        """The verified certificate. Raises Refusal when there is none or it no longer counts."""
        envelope = self.envelope()
        if envelope is None or self._trust.view is None:
            raise Refusal(Code.CERTIFICATE_REFUSED, f"node {self._identity.node} has no certificate yet: approve it")
        return verify_certificate(envelope, self._trust.view)

    def take(self, envelope: bytes) -> None:
        """Keeps a certificate that an operator signed for exactly this node's keys."""
        if self._trust.view is None:
            raise Refused("NoTrust", "a certificate counts only under a trust snapshot: offer that first")
        offered = verify_certificate(envelope, self._trust.view)
        identity = self._identity
        keys = (offered.signing_key, offered.box_key, offered.tls_key, offered.mycelium_key)
        own = tuple(encode(key.public) for key in (identity.signing, identity.box, identity.tls))
        if keys != (*own, identity.mycelium.public.hex()):
            raise Refused("ForeignCertificate", f"the certificate of {offered.node} names keys that this node has not")
        with self._lock:
            write_durably(self._path, envelope)

    def registration(self, nonce: str, boot: str, inventory: Inventory, capacity: Capacity) -> bytes:
        """A signed registration."""
        identity, certificate, start = self._identity, self.envelope(), self._starts.this()
        cluster = self._trust.cluster
        body = Registration(
            cluster=cluster,
            node=identity.node,
            nonce=nonce,
            time=self._clock.timestamp(),
            boot=boot,
            start=start.number,
            instance=start.instance,
            signing_key=encode(identity.signing.public),
            box_key=encode(identity.box.public),
            tls_key=encode(identity.tls.public),
            mycelium_key=identity.mycelium.public.hex(),
            inventory=inventory,
            capacity=capacity,
            certificate=certificate.decode() if certificate else None,
            attestation=self._attest(attestation_challenge(cluster, identity.node, nonce)),
        )
        return sign(REGISTRATION_TYPE, body.to_bytes(), identity.signing, identity.key_id)

    def credentials_request(self, nonce: str) -> bytes:
        """A signed request for the queue's password."""
        identity = self._identity
        body = CredentialsRequest(
            cluster=self._trust.cluster, node=identity.node, time=self._clock.timestamp(), nonce=nonce
        )
        return sign(CREDENTIALS_TYPE, body.to_bytes(), identity.signing, identity.key_id)

    def _vouch(self) -> None:
        view, token = self._trust.view, self._token
        record = view.tokens.get(token.name) if view and token else None
        if token is not None and record is not None:
            made = sign_with_token(self._certificate(token.name, record), SigningKey(decode(token.seed)))
            write_durably(self._path, made)

    def _certificate(self, token: str, record: JoinTokenRecord) -> NodeCertificate:
        identity = self._identity
        return NodeCertificate(
            cluster=self._trust.cluster,
            node=identity.node,
            signing_key=encode(identity.signing.public),
            box_key=encode(identity.box.public),
            tls_key=encode(identity.tls.public),
            mycelium_key=identity.mycelium.public.hex(),
            site=record.site,
            region=record.region,
            labels=record.labels,
            boot_trusted=False,
            issued=self._clock.timestamp(),
            token=token,
        )
