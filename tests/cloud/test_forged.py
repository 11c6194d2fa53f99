"""A captured control plane: with every key but the users' and the root's it starts nothing on a node."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.demo.cloud import TENANT
from jobs.broker import Connection
from jobs.redis_controller import RedisControllerBroker
from plans.evaluate import evaluate
from tests.cloud.cloud import Cloud
from trust.canonical import canonical_bytes
from trust.deployment import SignatureText, to_envelope
from trust.dsse import Envelope, decode, parse_envelope
from trust.job import JOB_TYPE, RECEIPT_TYPE, Receipt
from trust.keys import SigningKey, digest
from trust.machine import sign
from trust.part import format_time

PLAN = {"language": 1, "resources": []}


class Captured:
    """What somebody has who took over the control plane: the supervisor's key, its Redis, every document."""

    def __init__(self, cloud: Cloud) -> None:
        settings = cloud.demo.control_plane.settings()
        self.cloud = cloud
        self.key = SigningKey(decode(cloud.demo.site.supervisor_key.read_text()))
        self.node: dict[str, Any] = cloud.nodes[0]
        self._settings = settings

    def order(self, body: Mapping[str, Any], documents: Mapping[str, bytes]) -> Receipt:
        """Puts a job into the queue, signed with the supervisor's own key, and waits for the node's answer.

        Meanwhile the honest supervisor stands still: it would settle an answer that it did not ask for.
        """
        honest = self.cloud.demo.control_plane.pid("supervisor")
        os.kill(honest, signal.SIGSTOP)
        try:
            return asyncio.run(self._order(body, documents))
        finally:
            os.kill(honest, signal.SIGCONT)

    async def _order(self, body: Mapping[str, Any], documents: Mapping[str, bytes]) -> Receipt:
        read = {name: self._settings[f"HARDPAN_REDIS_{name}"] for name in ("PASSWORD_FILE", "CA", "CERTIFICATE", "KEY")}
        password = Path(read["PASSWORD_FILE"]).read_text()
        url = self._settings["HARDPAN_REDIS"]
        connection = Connection(
            url, "supervisor", password, Path(read["CA"]), Path(read["CERTIFICATE"]), Path(read["KEY"])
        )
        broker, name = RedisControllerBroker(connection), self.node["metadata"]["name"]
        try:
            envelope = sign(JOB_TYPE, canonical_bytes(body), self.key, "main")
            await broker.enqueue(name, str(body["job"]), int(body["attempt"]), envelope, documents)
            return await asyncio.wait_for(self._answer(broker, name, str(body["job"])), 10)
        finally:
            await broker.close()

    async def _answer(self, broker: RedisControllerBroker, node: str, uid: str) -> Receipt:
        while True:
            for event in await broker.events([node], 1.0):
                if event.uid == uid:
                    return Receipt.parse(parse_envelope(event.payload, RECEIPT_TYPE).payload)
            await asyncio.sleep(0.05)

    def body(self, job: str, **changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
        """A well-formed order to start the machine of a deployment, and its documents."""
        mark = self._mark()
        bundle = self.cloud.demo.site.bundle().to_bytes()
        document = self._document(mark)
        plan = self._plan(mark)
        now = datetime.now(UTC)
        place = {"namespace": TENANT, "name": "web", "uid": "uid", "tenant": mark["tenant"]}
        body: dict[str, Any] = {
            "cluster": self.cloud.demo.site.cluster,
            "job": job,
            "attempt": 1,
            "node": self.node["metadata"]["name"],
            "deployment": place,
            "trust": digest(bundle),
            "steps": [{"kind": "machine", "name": "web-0", "verb": "ensure", "epoch": 9, "generation": 9}],
            "supervisor": "main",
            "lease": 2**50,
            "issued": format_time(now),
            "expires": format_time(now + timedelta(minutes=5)),
            "holders": {},
            "certificates": [],
            "revision": mark["revision"],
            "plan": digest(plan),
            "document": digest(document),
        }
        documents = {digest(each): each for each in (bundle, document, plan)}
        return {**body, **changes}, documents

    def _mark(self) -> dict[str, Any]:
        marks = self.cloud.kubectl.list("revisionmarks.hardpan.dev")
        spec: dict[str, Any] = next(each["spec"] for each in marks if each["spec"]["name"] == "web")
        return spec

    def _document(self, mark: Mapping[str, Any]) -> bytes:
        texts = [SignatureText(each["keyID"], each["signature"]) for each in mark["signatures"]]
        return to_envelope(mark["body"].encode(), texts).to_json()

    def _plan(self, mark: Mapping[str, Any]) -> bytes:
        spec = json.loads(mark["body"])["spec"]
        return evaluate(spec["script"], spec["params"]).plan.to_bytes()


@pytest.fixture
def captured(cloud: Cloud) -> Captured:
    """A control plane whose keys are in the wrong hands, after one honest deployment came and went."""
    cloud.deploy("web", 1)
    cloud.delete("web")
    return Captured(cloud)


def forged(captured: Captured, **changes: Any) -> Receipt:
    before = captured.cloud.processes()
    body, documents = captured.body(f"forged-{digest(str(changes).encode())[-12:]}", **changes)
    receipt = captured.order(body, documents)
    assert captured.cloud.processes() == before, "the node started something"
    return receipt


def test_an_order_for_what_no_user_signed_is_refused(captured: Captured) -> None:
    body, documents = captured.body("unsigned")
    plan = canonical_bytes(PLAN)
    receipt = captured.order({**body, "plan": digest(plan)}, {**documents, digest(plan): plan})
    assert (receipt.state, receipt.reason) == ("refused", "PlanDigestMismatch")


def test_an_order_without_a_signed_document_is_refused(captured: Captured) -> None:
    body, documents = captured.body("no-document")
    for field in ("document", "plan", "revision"):
        del body[field]
    assert captured.order(body, documents).reason == "NotSigned"


def test_a_field_too_many_is_refused(captured: Captured) -> None:
    assert forged(captured, arguments={"memory": 1}).reason == "UnknownField"


def test_a_document_with_one_bit_changed_is_refused(captured: Captured) -> None:
    body, documents = captured.body("bit")
    envelope = parse_envelope(documents[body["document"]], "application/vnd.hardpan.deployment.v1+json")
    changed = Envelope(envelope.kind, envelope.payload.replace(b'"replicas":1', b'"replicas":2'), envelope.signatures)
    data = changed.to_json()
    receipt = captured.order({**body, "document": digest(data)}, {**documents, digest(data): data})
    assert (receipt.state, receipt.reason) == ("refused", "BadSignature")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cluster": "sha256:" + "5" * 64}, "WrongCluster"),
        ({"supervisor": "rogue"}, "UnknownSupervisor"),
        ({"expires": "2026-01-01T00:00:00Z"}, "Expired"),
        ({"steps": [{"kind": "machine", "name": "other", "verb": "ensure", "epoch": 1, "generation": 1}]}, "NotInPlan"),
        (
            {"steps": [{"kind": "machine", "name": "web-0", "verb": "format", "epoch": 1, "generation": 1}]},
            "VerbNotAllowed",
        ),
        ({"revision": 99}, "RevisionConflict"),
    ],
)
def test_what_does_not_fit_what_users_signed_is_refused(
    captured: Captured, changes: dict[str, Any], reason: str
) -> None:
    receipt = forged(captured, **changes)
    assert (receipt.state, receipt.reason) == ("refused", reason)


def test_an_older_trust_snapshot_is_refused(captured: Captured) -> None:
    old = captured.cloud.demo.site.bundle().to_bytes()
    captured.cloud.demo.renew()
    fresh = captured.cloud.deploy("fresh", 2)
    captured.cloud.kubectl.run("delete", "-f", str(fresh), "--timeout=60s")
    body, documents = captured.body("rollback")
    receipt = captured.order({**body, "trust": digest(old)}, {**documents, digest(old): old})
    assert (receipt.state, receipt.reason) == ("refused", "TrustRollback")
