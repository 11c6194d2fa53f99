"""What somebody can do who took over the control plane: sign as its supervisor, and write whatever into its queue."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli.demo.people import TENANT
from jobs.broker import Connection
from jobs.redis_controller import RedisControllerBroker
from plans.evaluate import evaluate
from tests.cloud.cloud import Cloud
from trust.canonical import canonical_bytes
from trust.deployment import SignatureText, to_envelope
from trust.dsse import decode, parse_envelope
from trust.job import JOB_TYPE, RECEIPT_TYPE, Receipt
from trust.keys import SigningKey, digest
from trust.machine import sign
from trust.part import format_time


def connection(cloud: Cloud) -> Connection:
    """The supervisor's own way into the queue."""
    settings = cloud.demo.control_plane.settings()
    read = {name: Path(settings[f"HARDPAN_REDIS_{name}"]) for name in ("PASSWORD_FILE", "CA", "CERTIFICATE", "KEY")}
    password = read["PASSWORD_FILE"].read_text()
    return Connection(settings["HARDPAN_REDIS"], "supervisor", password, read["CA"], read["CERTIFICATE"], read["KEY"])


class Captured:
    """What somebody has who took over the control plane: the supervisor's key, its Redis, every document."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.key = SigningKey(decode(cloud.demo.site.supervisor_key.read_text()))
        self.node: dict[str, Any] = cloud.nodes[0]

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
        broker, name = RedisControllerBroker(connection(self.cloud)), self.node["metadata"]["name"]
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
