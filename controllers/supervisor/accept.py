"""Decides which revision of a deployment counts: verify, guard, evaluate, ceilings, in that order.

The accepted document lives in the RevisionMark; the spec is only a proposal for the next one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controllers.loop.objects import Object
from controllers.supervisor.model import Accepted, Refused, Want
from crds.deployment import Reason, Signature
from crds.revisionmark import RevisionMarkSpec
from plans.ceilings import require_within
from plans.errors import ScriptError
from plans.evaluator import PlanEvaluator
from plans.model import Plan
from trust.deployment import (
    Expected,
    SignatureText,
    SignedDeployment,
    VerifiedDeployment,
    signed_body,
    verify_deployment,
)
from trust.errors import Code, NotCanonical, Refusal
from trust.keys import digest
from trust.part import parse_time
from trust.records import TenantRecord
from trust.revision import Mark, guard
from trust.snapshot import TrustView

PLANS_KEPT = 512
PLANNED_CODES = frozenset({Code.SCRIPT_ERROR, Code.PLAN_DIGEST_MISMATCH, Code.OVER_CEILINGS})


@dataclass(frozen=True)
class Judgement:
    """What counts, why the spec does not, and the mark that has to be written before anything is placed."""

    accepted: Accepted | None
    refused: Refused | None
    mark: RevisionMarkSpec | None = None
    plan: Plan | None = None


class Judge:
    """Judges specs against marks; remembers plans by the digest of the body that they are a constant of."""

    def __init__(self, evaluator: PlanEvaluator) -> None:
        self._evaluator = evaluator
        self._plans: OrderedDict[str, Plan] = OrderedDict()

    async def judge(self, seen: Object, mark: Object | None, view: TrustView, now: datetime) -> Judgement:
        """What counts of a deployment object now."""
        try:
            tenant = view.tenant_of(seen.namespace)
        except Refusal as refusal:
            return Judgement(None, refused(refusal))
        held = _held(mark, tenant)
        current = await self._accepted(held, view) if held else None
        try:
            verified, plan = await self._judge_spec(seen, held, tenant, view, now)
        except Refusal as refusal:
            return Judgement(current[0] if current else None, refused(refusal), None, current[1] if current else None)
        if current is not None and held is not None and held.digest == verified.digest:
            return Judgement(current[0], None, None, current[1])
        return Judgement(accept(verified, plan), None, _mark(verified, seen), plan)

    async def judge_mark(self, mark: Object | None, view: TrustView) -> Judgement:
        """What counts when the spec is not asked: while a deployment is being removed."""
        held = RevisionMarkSpec.model_validate(mark.spec) if mark is not None else None
        current = await self._accepted(held, view) if held else None
        return Judgement(current[0], None, None, current[1]) if current else Judgement(None, None)

    async def check(
        self, seen: Object, mark: Object | None, tenant: TenantRecord, view: TrustView, now: datetime
    ) -> VerifiedDeployment:
        """Whether the spec would be accepted. Raises Refusal: for admission, which decides on it alone."""
        return (await self._judge_spec(seen, _held(mark, tenant), tenant, view, now))[0]

    async def _judge_spec(
        self, seen: Object, held: RevisionMarkSpec | None, tenant: TenantRecord, view: TrustView, now: datetime
    ) -> tuple[VerifiedDeployment, Plan]:
        body = body_of(seen, tenant, view)
        expected = Expected(view.cluster, tenant, seen.namespace, seen.name)
        same = held is not None and held.digest == digest(body)
        if not same:
            view.require_current(now)
        verified = verify_deployment(body, signatures_of(seen.spec), view, expected, now, accepted=same)
        spec = verified.document.spec
        floor = view.body.revision_floors.get(f"{seen.namespace}/{seen.name}", 0)
        guard(Mark(held.revision, held.digest) if held else None, spec.revision, verified.digest, floor)
        plan = await self._plan(verified)
        if not same:
            require_within(plan, tenant, seen.namespace, view.version)
        return verified, plan

    async def _plan(self, verified: VerifiedDeployment) -> Plan:
        known = self._plans.get(verified.digest)
        if known is not None:
            self._plans.move_to_end(verified.digest)
            return known
        spec = verified.document.spec
        try:
            done = await asyncio.to_thread(self._evaluator.evaluate, spec.script, spec.params or {}, spec.language)
        except ScriptError as error:
            raise Refusal(Code.SCRIPT_ERROR, str(error), "spec.script") from None
        if done.plan.digest != spec.plan:
            message = (
                f"the script gives plan {done.plan.digest}, users signed {spec.plan}. Sign again: kubectl hardpan sign"
            )
            raise Refusal(Code.PLAN_DIGEST_MISMATCH, message, "spec.plan")
        self._plans[verified.digest] = done.plan
        if len(self._plans) > PLANS_KEPT:
            self._plans.popitem(last=False)
        return done.plan

    async def _accepted(self, held: RevisionMarkSpec, view: TrustView) -> tuple[Accepted, Plan] | None:
        """The accepted document as it was accepted; who signed is read from its keys as they are known now."""
        document = SignedDeployment.parse(held.body.encode())
        texts = [SignatureText(each.key_id, each.signature) for each in held.signatures]
        verified = VerifiedDeployment(held.body.encode(), held.digest, document, _signers(texts, view, document))
        try:
            plan = await self._plan(verified)
        except Refusal:
            return None
        return accept(verified, plan), plan


def body_of(seen: Object, tenant: TenantRecord, view: TrustView) -> bytes:
    """The bytes that users must have signed for this object. Raises Refusal for what has no canonical form."""
    try:
        return signed_body(view.cluster, tenant.id, seen.namespace, seen.name, seen.spec)
    except NotCanonical as error:
        raise Refusal(Code.BAD_ENCODING, f"{error}", "spec") from None


def signatures_of(spec: Mapping[str, Any]) -> list[SignatureText]:
    """The signatures of a spec."""
    return [SignatureText(each["keyID"], each["signature"]) for each in spec.get("signatures") or ()]


def accept(verified: VerifiedDeployment, plan: Plan) -> Accepted:
    """A verified document with its plan, as the other stages read it."""
    spec = verified.document.spec
    wants = tuple(Want(each.kind, each.name, each.item, each.digest) for each in plan.resources)
    return Accepted(
        spec.revision,
        verified.digest,
        spec.plan,
        verified.signers,
        parse_time(spec.expires),
        spec.max_unavailable or 1,
        spec.region or "",
        wants,
    )


def refused(refusal: Refusal) -> Refused:
    """A refusal as the conditions tell it."""
    reason = Reason.SCRIPT_ERROR if refusal.code == Code.SCRIPT_ERROR else refusal.code
    return Refused("Planned" if refusal.code in PLANNED_CODES else "SignatureVerified", str(reason), str(refusal))


def _held(mark: Object | None, tenant: TenantRecord) -> RevisionMarkSpec | None:
    """The mark, when it is this tenant's: a re-created namespace with another tenant id starts anew."""
    if mark is None:
        return None
    held = RevisionMarkSpec.model_validate(mark.spec)
    return held if held.tenant == tenant.id else None


def _mark(verified: VerifiedDeployment, seen: Object) -> RevisionMarkSpec:
    document = verified.document
    return RevisionMarkSpec(
        namespace=document.namespace,
        name=document.name,
        tenant=document.tenant,
        revision=document.spec.revision,
        digest=verified.digest,
        plan=document.spec.plan,
        body=verified.body.decode(),
        signatures=[Signature.model_validate(each) for each in seen.spec["signatures"]],
    )


def _signers(texts: list[SignatureText], view: TrustView, document: SignedDeployment) -> tuple[str, ...]:
    tenants = [each for each in view.tenants.values() if each.id == document.tenant]
    found = [view.signer(tenant, "deploy", text.key_id) for tenant in tenants for text in texts]
    return tuple(sorted({signer.user for signer in found if signer is not None}))
