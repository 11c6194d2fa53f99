"""A machine that nobody knows: it has fresh keys and says who it is, and the ledger must ask it for more."""

from __future__ import annotations

from datetime import UTC, datetime

from trust.dsse import encode
from trust.keys import BoxKey, SigningKey, node_id
from trust.machine import sign
from trust.part import format_time
from trust.registration import REGISTRATION_TYPE, Capacity, Inventory, Registration

INVENTORY = Inventory(
    hostname="helm-test",
    architecture="x86_64",
    kernel="none",
    board_vendor="",
    virtualisation="none",
    agent_version="none",
)


class Newcomer:
    """One such machine."""

    def __init__(self) -> None:
        self._signing, self._box, self._tls, self._overlay = (
            SigningKey.generate(),
            BoxKey.generate(),
            SigningKey.generate(),
            BoxKey.generate(),
        )

    @property
    def node(self) -> str:
        """What it would be called."""
        return node_id(self._signing.public)

    def registration(self, cluster: str, nonce: str) -> str:
        """A registration that is signed as it should be, in answer to this challenge."""
        body = Registration(
            cluster=cluster,
            node=self.node,
            nonce=nonce,
            time=format_time(datetime.now(UTC)),
            boot="helm-test",
            start=1,
            instance="helm-test",
            signing_key=encode(self._signing.public),
            box_key=encode(self._box.public),
            tls_key=encode(self._tls.public),
            mycelium_key=self._overlay.public.hex(),
            inventory=INVENTORY,
            capacity=Capacity(cpus=0, memory=0, disk=0),
        )
        return sign(REGISTRATION_TYPE, body.to_bytes(), self._signing, self.node).decode()
