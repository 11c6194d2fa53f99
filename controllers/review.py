"""The review of a proposed revision, the same at admission and at the supervisor: verify, guard, evaluate, ceilings.

The accepted document is in the RevisionMark; the spec of a deployment is only a proposal for the next one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controllers.kept_plans import KeptPlans
from crds.revisionmark import RevisionMarkSpec
from crds.workload import VolumeItem
from plans.ceilings import require_within
from plans.errors import ScriptError
from plans.evaluator import PlanEvaluator
from plans.model import Plan
from trust.deployment import (
    SIGN_AGAIN,
    Expected,
    SignatureText,
    SignedDeployment,
    VerifiedDeployment,
    signed_body,
    verify_deployment,
)
from trust.errors import Code, NotCanonical, Refusal
from trust.keys import digest
from trust.records import TenantRecord
from trust.revision import Mark, guard
from trust.snapshot import TrustView


@dataclass(frozen=True)
class Proposal:
    """A deployment object as somebody wants it, and the mark of its namespace and name for its tenant."""

    namespace: str
    name: str
    spec: Mapping[str, Any]
    tenant: TenantRecord
    mark: RevisionMarkSpec | None


@dataclass(frozen=True)
class Reviewed:
    """A proposal that holds: the verified document, its plan, and whether it is the one accepted before."""

    verified: VerifiedDeployment
    plan: Plan
    same: bool


class Reviewer:
    """Reviews proposals; remembers plans by the digest of the body that they are a constant of."""

    def __init__(self, evaluator: PlanEvaluator) -> None:
        self._evaluator = evaluator
        self._plans = KeptPlans()

    async def review(self, proposal: Proposal, view: TrustView, now: datetime) -> Reviewed:
        """Whether the proposal may become what runs. Raises Refusal with the field, the reason and the remedy."""
        body, mark = _body(proposal, view), proposal.mark
        same = mark is not None and mark.digest == digest(body)
        if not same:
            view.require_current(now)
        verified = _verified(body, proposal, view, now, same)
        floor = view.body.revision_floors.get(f"{proposal.namespace}/{proposal.name}", 0)
        guard(
            Mark(mark.revision, mark.digest) if mark else None, verified.document.spec.revision, verified.digest, floor
        )
        plan = await self.plan(verified)
        if not same:
            require_within(plan, proposal.tenant, proposal.namespace, view.title)
        return Reviewed(verified, plan, same)

    async def plan(self, verified: VerifiedDeployment) -> Plan:
        """The plan that a document's script gives, which must be the one that was signed. Raises Refusal."""
        known = self._plans.get(verified.digest)
        if known is not None:
            return known
        spec = verified.document.spec
        try:
            done = await asyncio.to_thread(self._evaluator.evaluate, spec.script, spec.params or {}, spec.language)
        except ScriptError as error:
            place = f" line {error.line}, column {error.column}" if error.line else ""
            raise Refusal(Code.SCRIPT_ERROR, error.message, f"spec.script{place}") from None
        if done.plan.digest != spec.plan:
            found = f"the script gives plan {done.plan.digest}, users signed {spec.plan}"
            raise Refusal(Code.PLAN_DIGEST_MISMATCH, f"{found}. {SIGN_AGAIN}", "spec.plan")
        self._plans.put(verified.digest, done.plan)
        return done.plan


def accepted_document(mark: RevisionMarkSpec, signers: tuple[str, ...] = ()) -> VerifiedDeployment:
    """The document that was accepted, as it was verified then."""
    body = mark.body.encode()
    return VerifiedDeployment(body, mark.digest, SignedDeployment.parse(body), signers)


def shrinking(plan: Plan, volumes: Mapping[str, int]) -> str:
    """Why a plan cannot follow on these volumes (sizes by name), or an empty string: a volume never shrinks."""
    for each in plan.resources:
        had = volumes.get(each.name, 0)
        if isinstance(each.item, VolumeItem) and each.item.size < had:
            sizes = f"{had >> 20}Mi → {each.item.size >> 20}Mi"
            return f"spec.script: volume {each.name}: {sizes} would shrink it: keep the size, or use a new volume name"
    return ""


def _verified(body: bytes, proposal: Proposal, view: TrustView, now: datetime, accepted: bool) -> VerifiedDeployment:
    expected = Expected(view.cluster, proposal.tenant, proposal.namespace, proposal.name)
    texts = [SignatureText(each["keyID"], each["signature"]) for each in proposal.spec.get("signatures") or ()]
    try:
        return verify_deployment(body, texts, view, expected, now, accepted=accepted)
    except Refusal as refusal:
        signed = {text.signature for text in texts} & {each.signature for each in _signatures_of(proposal.mark)}
        if refusal.code != Code.BAD_SIGNATURE or not signed or proposal.mark is None:
            raise
        raise _changed(proposal, proposal.mark, body) from None


def _signatures_of(mark: RevisionMarkSpec | None) -> list[SignatureText]:
    return [SignatureText(each.key_id, each.signature) for each in mark.signatures] if mark else []


def _changed(proposal: Proposal, mark: RevisionMarkSpec, body: bytes) -> Refusal:
    """The accepted document's signature over something else: what was changed can be named then."""
    signed, here = SignedDeployment.parse(mark.body.encode()), SignedDeployment.parse(body)
    before, after = signed.spec.wire(), here.spec.wire()
    fields = sorted(f"spec.{name}" for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    what = f"{', '.join(fields) or 'the document'} {'were' if len(fields) > 1 else 'was'} changed after it was signed"
    digests = f"signed digest {mark.digest}, this one {digest(body)}"
    message = f"no valid signature by a user of namespace {proposal.namespace}: {what} ({digests}). {SIGN_AGAIN}"
    return Refusal(Code.BAD_SIGNATURE, message, "spec.signatures")


def _body(proposal: Proposal, view: TrustView) -> bytes:
    """The bytes that users must have signed. Raises Refusal for what has no canonical form."""
    try:
        return signed_body(view.cluster, proposal.tenant.id, proposal.namespace, proposal.name, proposal.spec)
    except NotCanonical as error:
        raise Refusal(Code.BAD_ENCODING, str(error), "spec") from None


def mark_name(tenant: str, namespace: str, name: str) -> str:
    """The name of the mark of a deployment: one per tenant id, namespace and name."""
    parts = [part.encode() for part in (tenant, namespace, name)]
    hashed = hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()
    return "mark-" + base64.b32encode(hashed).decode().lower()[:26]
