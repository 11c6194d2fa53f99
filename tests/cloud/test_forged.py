"""A captured control plane: with every key but the users' and the root's it starts nothing on a node."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud.captured import Captured
from tests.cloud.cloud import Cloud
from trust.canonical import canonical_bytes
from trust.dsse import Envelope, parse_envelope
from trust.job import Receipt
from trust.keys import digest

PLAN = {"language": 1, "resources": []}


@pytest.fixture(scope="module")
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
