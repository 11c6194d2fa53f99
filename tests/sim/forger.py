"""A captured control plane: with the supervisor's key it writes into the queues whatever no user signed."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from controllers.loop.objects import ObjectKey
from tests.sim.clock import BEGINNING
from tests.sim.node import Node
from tests.sim.people import DAY, SUPERVISOR_NAME, TENANTS, Wish
from tests.sim.world import World
from tests.unit.node_agent.cluster import user_key
from trust.deployment import DEPLOYMENT_TYPE, SignatureText, signed_body, to_envelope
from trust.dsse import Envelope, parse_envelope
from trust.job import JOB_TYPE, JobBody
from trust.keys import digest
from trust.machine import sign
from trust.part import format_time
from trust.records import Record
from trust.snapshot import Bundle

Forgery = Callable[["Forger", Wish, int], dict[str, Any]]


class Forger:
    """Makes jobs that a node must refuse. A made-up plan asks for 7 processors, which no user ever signs."""

    def __init__(self, world: World, source: random.Random) -> None:
        self._world = world
        self._source = source
        self._count = 0

    async def act(self) -> None:
        """Places one forged job in a node's queue."""
        signed = [place for place, wish in self._world.wishes.items() if wish.replicas]
        if not signed:
            return
        key, revision = self._source.choice(signed)
        node = self._source.choice(self._world.nodes)
        fitting = [each for each in FORGERIES if each is not old_revision or node.seen(key) > revision]
        forgery = self._source.choice(fitting)
        await self.place(forgery, key, revision, node)

    async def place(self, forgery: Forgery, key: ObjectKey, revision: int, node: Node) -> None:
        """Places this one, made of what users once signed."""
        await self._place(key, node, forgery.__name__, forgery(self, self._world.wishes[key, revision], revision))

    async def _place(self, key: ObjectKey, node: Node, name: str, made: dict[str, Any]) -> None:
        plan, document, bundle = made["plan"], made["document"], made.get("bundle") or self._bundle()
        documents = {digest(each): each for each in (plan, document, bundle)}
        now = self._world.clock.now()
        deployment = {
            "namespace": key.namespace, "name": made.get("name", key.name), "uid": "forged",
            "tenant": TENANTS[key.namespace],
        }  # fmt: skip
        steps = [
            {"kind": each.kind, "name": each.name, "verb": "ensure", "epoch": 1, "generation": 1000}
            for each in made["steps"]
        ]
        self._count += 1
        uid = f"forged-{self._count}"
        target = made.get("node", node.id)
        body = JobBody.from_wire(
            {
                "cluster": self._world.operator.cluster,
                "job": uid,
                "attempt": 1,
                "node": target,
                "deployment": deployment,
                "trust": digest(bundle),
                "steps": steps,
                "supervisor": SUPERVISOR_NAME,
                "lease": 2**40,
                "issued": format_time(now),
                "expires": format_time(now + made.get("life", DAY)),
                "holders": {},
                "certificates": [],
                "revision": made["revision"],
                "plan": digest(plan),
                "document": digest(document),
            }
        )
        envelope = sign(JOB_TYPE, body.to_bytes(), self._world.operator.supervisor_key, SUPERVISOR_NAME)
        self._world.history.note("forger", name, str(key), node=node.name, revision=made["revision"], job=uid)
        await self._world.forge(node.id, uid, envelope, documents)

    def document(self, wish: Wish, revision: int, *, key: str = "alice", **changes: Any) -> tuple[bytes, bytes]:
        """A deployment's envelope and its plan, signed by somebody."""
        spec = self._world.user.sign(wish, revision, key=key, **changes)
        text = spec.pop("signatures")[0]
        body = signed_body(self._world.operator.cluster, TENANTS[wish.namespace], wish.namespace, wish.name, spec)
        envelope = to_envelope(body, [SignatureText(text["keyID"], text["signature"])]).to_json()
        return envelope, wish.plan.to_bytes()

    def bundle_of_old(self) -> bytes:
        """What the operator signed when mallory still was a member everywhere."""
        operator, key = self._world.operator, {"publicKey": user_key("mallory").line, "state": "active"}
        records = [Record("User", "mallory", {"keys": [key]})]
        for _, each in operator.records:
            members = [*each.spec.get("members", ()), {"user": "mallory", "roles": ["deploy"]}]
            more = {"members": members} if each.kind == "Tenant" else {}
            records.append(Record(each.kind, each.name, {**each.spec, **more}))
        return _to_bytes(operator.issue(1, records)[1], records)

    def _bundle(self) -> bytes:
        operator = self._world.operator
        return _to_bytes(operator.present()[1], [record for _, record in operator.records])


def _to_bytes(spec: dict[str, Any], records: Iterable[Record]) -> bytes:
    roots = tuple(each.encode() for each in spec["roots"])
    return Bundle(roots, spec["snapshot"].encode(), tuple(records)).to_bytes()


def _evil(wish: Wish) -> Wish:
    return dataclasses.replace(wish, cpus=7, replicas=max(1, wish.replicas), volumes=False)


def _made(wish: Wish, revision: int, document: bytes, plan: bytes, **more: Any) -> dict[str, Any]:
    steps = sorted(wish.plan.resources[:8], key=lambda each: each.kind != "volume")
    return {"steps": steps, "revision": revision, "document": document, "plan": plan, **more}


def altered_plan(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """The user's own document, with another plan beside it."""
    document, _ = forger.document(wish, revision)
    return _made(_evil(wish), revision, document, _evil(wish).plan.to_bytes())


def foreign_signature(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """A document that somebody else signed."""
    document, plan = forger.document(_evil(wish), revision + 1000, key="mallory")
    return _made(_evil(wish), revision + 1000, document, plan)


def foreign_plan(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """A plan in the document that the signature does not cover."""
    good, _ = forger.document(wish, revision)
    bad, plan = forger.document(_evil(wish), revision + 1000)
    return _made(_evil(wish), revision + 1000, _with_signature_of(bad, good), plan)


def _with_signature_of(bad: bytes, good: bytes) -> bytes:
    signatures = parse_envelope(good, DEPLOYMENT_TYPE).signatures
    return Envelope(DEPLOYMENT_TYPE, parse_envelope(bad, DEPLOYMENT_TYPE).payload, signatures).to_json()


def old_revision(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """What the user really signed, long ago."""
    document, plan = forger.document(wish, revision)
    return _made(wish, revision, document, plan)


def expired(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """A document whose time is over."""
    times = {"notBefore": format_time(BEGINNING - 40 * DAY), "expires": format_time(BEGINNING - DAY)}
    document, plan = forger.document(_evil(wish), revision + 1000, **times)
    return _made(_evil(wish), revision + 1000, document, plan)


def elsewhere(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """A job for another node."""
    document, plan = forger.document(wish, revision)
    return _made(wish, revision, document, plan, node="n-" + "a" * 26, life=timedelta(hours=1))


def under_another_name(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """What users signed for one deployment, ordered in the name of another."""
    document, plan = forger.document(wish, revision)
    return _made(wish, revision, document, plan, name="another")


def over_ceilings(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """More than the tenant may have, which a user signed all the same."""
    many = dataclasses.replace(_evil(wish), replicas=60)
    document, plan = forger.document(many, revision + 1000)
    return _made(many, revision + 1000, document, plan)


def old_trust(forger: Forger, wish: Wish, revision: int) -> dict[str, Any]:
    """A document of one who was a member once, under the snapshot of that time."""
    document, plan = forger.document(_evil(wish), revision + 1000, key="mallory")
    return _made(_evil(wish), revision + 1000, document, plan, bundle=forger.bundle_of_old())


FORGERIES: tuple[Forgery, ...] = (
    altered_plan, foreign_signature, foreign_plan, old_revision, expired, elsewhere, under_another_name, over_ceilings,
    old_trust,
)  # fmt: skip


async def harass(forger: Forger, source: random.Random) -> None:
    """Forges now and then, for ever."""
    while True:
        await asyncio.sleep(source.expovariate(1 / 60))
        await forger.act()
