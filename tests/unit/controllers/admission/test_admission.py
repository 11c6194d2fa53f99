"""What `kubectl apply` is told: the field or the line, the reason and the remedy; what nobody signs passes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from controllers.admission.app import PATH, create
from controllers.admission.endpoint import LARGEST_REVIEW
from controllers.admission.review import Admission
from controllers.loop.cache import Cache
from controllers.loop.objects import Object, resource_of
from controllers.review import Reviewer, mark_name
from crds.revisionmark import REVISION_MARK
from plans.evaluate import evaluate
from plans.evaluator import InProcess
from tests.unit.controllers.supervisor.world import PARAMS, SCRIPT, only, signed
from tests.unit.trust import world as trusted
from trust.deployment import signed_body
from trust.keys import digest
from trust.part import format_time

MARKS = resource_of(REVISION_MARK)


class Webhook:
    """The webhook's application over a snapshot that tests may change."""

    def __init__(self) -> None:
        self.trust = trusted.World(snapshot={"version": 41, "issued": "2026-11-20T00:00:00Z"})
        self.marks, self.now = Cache(MARKS), trusted.NOW

    async def ask(self, new: Mapping[str, Any], old: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """The answer to an AdmissionReview."""
        metadata = new["metadata"]
        request = {
            "uid": "u", "operation": "UPDATE" if old else "CREATE", "namespace": metadata["namespace"],
            "name": metadata["name"], "object": new, "oldObject": old, **changes,
        }  # fmt: skip
        answer = await self.post({"request": request})
        assert answer.status_code == 200, answer.text
        response: dict[str, Any] = answer.json()["response"]
        assert response["uid"] == "u"
        return response

    async def post(self, review: Any = None, content: bytes | None = None) -> httpx.Response:
        """A request as it comes."""
        admission = Admission(Reviewer(InProcess()), self.marks, self.trust.view, lambda: self.now)
        transport = httpx.ASGITransport(create(admission))
        async with httpx.AsyncClient(transport=transport, base_url="http://admission") as client:
            if content is not None:
                return await client.post(PATH, content=content)
            return await client.post(PATH, json=review)

    async def refused(self, new: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> str:
        """The words of a refusal."""
        response = await self.ask(new, old)
        assert not response["allowed"]
        assert response["status"]["code"] == 403
        return str(response["status"]["message"])

    def accept(self, manifest: Mapping[str, Any]) -> None:
        """A mark as the supervisor would have written it."""
        spec = {name: value for name, value in manifest["spec"].items() if name not in ("signatures", "suspend")}
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        body = signed_body(trusted.CLUSTER, trusted.TENANT, namespace, name, spec)
        mark = {
            "namespace": namespace, "name": name, "tenant": trusted.TENANT, "revision": spec["revision"],
            "digest": digest(body), "plan": spec["plan"], "body": body.decode(),
            "signatures": manifest["spec"]["signatures"],
        }  # fmt: skip
        metadata = {
            "name": mark_name(trusted.TENANT, namespace, name),
            "uid": f"u{len(self.marks)}",
            "resourceVersion": "1",
        }
        self.marks.put(Object(MARKS, {"metadata": metadata, "spec": mark}))


def manifest(by: str = "alice", script: str = SCRIPT, now: datetime = trusted.NOW, **fields: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "language": 1, "script": script, "params": PARAMS, "revision": 1, "notBefore": format_time(now),
        "expires": format_time(now + timedelta(days=30)), **fields,
    }  # fmt: skip
    if "plan" not in fields:
        spec["plan"] = evaluate(script, spec["params"]).plan.digest
    return signed(spec, "web", trusted.TENANT, "a", by)


def edited(made: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**made, "spec": {**made["spec"], **fields}}


async def test_what_enough_users_signed_passes() -> None:
    assert (await Webhook().ask(manifest()))["allowed"]


async def test_a_script_error_names_line_and_column() -> None:
    words = await Webhook().refused(manifest(script='let a = 1;\n  machin("x", #{});', plan="sha256:" + "3" * 64))
    assert words == "spec.script line 2, column 3: unknown function `machin`; did you mean `machine`?"


async def test_an_edit_of_what_was_accepted_names_the_field_and_both_digests() -> None:
    webhook, made = Webhook(), manifest()
    webhook.accept(made)
    words = await webhook.refused(edited(made, script='log("mine");'), made)
    assert words.startswith(
        "spec.signatures: no valid signature by a user of namespace a: spec.script was changed after it was signed"
        " (signed digest sha256:"
    )
    assert ", this one sha256:" in words
    assert words.endswith("Sign again: kubectl hardpan sign")


async def test_a_change_of_a_first_revision_is_told_with_its_digest() -> None:
    words = await Webhook().refused(edited(manifest(), params=only(replicas=2)))
    assert words.startswith("spec.signatures: no valid signature by a user of namespace a. The signed part was changed")
    assert "(this one is sha256:" in words


async def test_a_plan_over_the_ceilings_names_amounts_and_the_snapshot() -> None:
    words = await Webhook().refused(manifest(params=only(memory="96Gi")))
    assert words == "spec.ceilings.memory: the plan needs 96Gi, a may use 8Gi (trust snapshot 41 of 2026-11-20)"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (manifest(by="mallory"), "belongs to no user who may deploy in namespace a (trust snapshot 41)"),
        (edited(manifest(), signatures=[]), "spec.signatures: not signed yet. Sign: kubectl hardpan sign"),
        (manifest(now=trusted.NOW - 60 * trusted.DAY), "spec.expires: the signature ended"),
        (manifest(now=trusted.NOW + 2 * trusted.DAY), "spec.notBefore: valid from"),
        (manifest(plan="sha256:" + "3" * 64), "spec.plan: the script gives plan sha256:"),
        (edited(manifest(), params={"share": 0.5}), "params.share"),
    ],
)
async def test_each_refusal_names_its_field(made: dict[str, Any], words: str) -> None:
    assert words in await Webhook().refused(made)


async def test_an_old_revision_and_the_same_with_other_content_are_refused() -> None:
    webhook = Webhook()
    webhook.accept(manifest(revision=5))
    assert "spec.revision: revision 4 is older than 5" in await webhook.refused(manifest(revision=4))
    assert "was accepted with other content" in await webhook.refused(manifest(revision=5, params=only(replicas=2)))


async def test_a_namespace_without_a_tenant_gets_the_command_for_the_operator() -> None:
    webhook = Webhook()
    del webhook.trust.records["Tenant/a"]
    assert "hardpan tenant add" in await webhook.refused(manifest())


async def test_an_ended_snapshot_refuses_what_is_new_and_passes_what_was_accepted() -> None:
    webhook, made = Webhook(), manifest()
    webhook.accept(made)
    webhook.now = trusted.NOW + 14 * trusted.DAY
    assert "hardpan trust renew" in await webhook.refused(manifest(revision=2, now=webhook.now))
    assert (await webhook.ask(made))["allowed"]


UNSIGNED: dict[str, dict[str, Any]] = {
    "suspend": {"new": edited(manifest(by="mallory"), suspend=True), "old": manifest(by="mallory")},
    "delete": {"new": manifest(by="mallory"), "operation": "DELETE"},
    "status": {"new": manifest(by="mallory"), "subResource": "status"},
    "finalizer of what is being deleted": {
        "new": {
            "metadata": {"name": "web", "namespace": "a", "deletionTimestamp": "2026-11-24T12:00:00Z"},
            "spec": manifest(by="mallory")["spec"],
        },
        "old": manifest(),
    },
}


@pytest.mark.parametrize("what", UNSIGNED)
async def test_what_is_not_signed_is_not_asked_for(what: str) -> None:
    assert (await Webhook().ask(**UNSIGNED[what]))["allowed"]


async def test_a_signature_that_is_taken_away_is_a_change() -> None:
    made = manifest()
    assert "not signed yet" in await Webhook().refused(edited(made, signatures=[]), made)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"request": {}}'])
async def test_what_is_no_review_is_told_so(content: bytes) -> None:
    answer = await Webhook().post(content=content)
    assert answer.status_code in (200, 400)
    assert "Traceback" not in answer.text


async def test_an_oversized_review_is_not_read() -> None:
    assert (await Webhook().post(content=b"x" * (LARGEST_REVIEW + 1))).status_code == 413


async def test_a_script_without_end_is_answered_in_time() -> None:
    began = time.monotonic()
    assert "spec.script" in await Webhook().refused(manifest(script="loop {}", plan="sha256:" + "3" * 64))
    assert time.monotonic() - began < 5
