"""A captured control plane: it writes with every key but the users', the operator root's and the nodes'.

It signs as the supervisor, serves the gateway, owns the queue, and has kept every document that ever passed by.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.security.realm import Realm, Signed, Wish
from tests.unit.node_agent.cluster import seed
from trust.canonical import canonical_bytes
from trust.job import JOB_TYPE
from trust.keys import SigningKey, digest
from trust.machine import sign
from trust.part import format_time

STEP = {"kind": "machine", "name": "web-0", "verb": "ensure", "epoch": 1, "generation": 9}


@dataclass(frozen=True)
class Order:
    """A job as it will stand in the queue: its fields, the key that signs it, the documents beside it.

    `raw` is the body's bytes when they are to be other than the canonical form of the fields.
    """

    fields: Mapping[str, Any]
    documents: Mapping[str, bytes]
    key: SigningKey = field(default_factory=lambda: SigningKey(seed("supervisor")))
    raw: bytes | None = None
    envelope: bytes | None = None
    delivered_as: str = ""

    @property
    def job(self) -> str:
        """The uid in the queue."""
        return self.delivered_as or str(self.fields["job"])

    def body(self) -> bytes:
        """What the supervisor's key signs."""
        return self.raw if self.raw is not None else canonical_bytes(self.fields)

    def to_bytes(self) -> bytes:
        """The entry in the queue."""
        return self.envelope if self.envelope is not None else sign(JOB_TYPE, self.body(), self.key, "eu")

    def but(self, **changes: Any) -> Order:
        """With other fields; None leaves a field out."""
        fields = {name: value for name, value in {**self.fields, **changes}.items() if value is not None}
        return replace(self, fields=fields)


class Captured:
    """Makes orders for one node. Everything in them is right, until an attack changes it."""

    def __init__(self, realm: Realm, node: str, image: str) -> None:
        self.realm, self.node, self.image = realm, node, image

    def wish(self, **changes: Any) -> Wish:
        """What a user would sign."""
        return Wish(self.realm, self.image, **changes)

    def order(self, signed: Signed | None = None, bundle: bytes | None = None, *steps: Mapping[str, Any]) -> Order:
        """An order for the machine of a document, under a bundle; both are the newest unless given."""
        what = signed or self.wish().signed()
        trust = bundle or self.realm.bundle()
        fields = {
            "cluster": self.realm.id, "job": f"forged-{secrets.token_hex(6)}", "attempt": 1, "node": self.node,
            "deployment": {"namespace": "a", "name": "web", "uid": "uid-1", "tenant": self.realm.tenant},
            "trust": digest(trust), "steps": list(steps) or [STEP], "supervisor": "eu", "lease": 2**40,
            "issued": format_time(self.now), "expires": format_time(self.now + timedelta(minutes=15)),
            "holders": {}, "certificates": [], "revision": what.revision, "plan": digest(what.plan),
            "document": digest(what.document),
        }  # fmt: skip
        return Order(fields, {digest(each): each for each in (trust, what.document, what.plan)})

    @property
    def now(self) -> datetime:
        """The realm's time."""
        return self.realm.now


def duplicated(fields: Mapping[str, Any], name: str, value: Any) -> bytes:
    """JSON in which a key comes twice: parsers differ in which of the two they take."""
    text = canonical_bytes(fields).decode()
    spelled = json.dumps(value, separators=(",", ":"))
    return text.replace(f'"{name}":', f'"{name}":{spelled},"{name}":', 1).encode()
