"""Decides which revision of a deployment counts: the proposed one when its review holds, else the accepted one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from controllers.loop.metrics import Refuse, uncounted
from controllers.loop.objects import Object
from controllers.review import Proposal, Reviewed, Reviewer, accepted_document, shrinking
from controllers.supervisor.model import Accepted, Refused, Want
from crds.deployment import Signature
from crds.deployment_conditions import Reason
from crds.revisionmark import RevisionMarkSpec
from plans.model import Plan
from trust.deployment import VerifiedDeployment
from trust.errors import Code, Refusal
from trust.part import parse_time
from trust.snapshot import TrustView

PLANNED_CODES = frozenset({Code.SCRIPT_ERROR, Code.PLAN_DIGEST_MISMATCH, Code.OVER_CEILINGS})


@dataclass(frozen=True)
class History:
    """What was before: the mark of this name, whether this very object ran by it, and the sizes of its volumes."""

    mark: RevisionMarkSpec | None = None
    ran: bool = False
    volumes: Mapping[str, int] = field(default_factory=dict)

    @property
    def accepted(self) -> RevisionMarkSpec | None:
        """What goes on whatever the spec says; a new object that is refused starts nothing old."""
        return self.mark if self.ran else None


@dataclass(frozen=True)
class Judgement:
    """What counts with its document and plan, and why the spec does not; `fresh` marks still have to be written."""

    accepted: Accepted | None
    refused: Refused | None
    mark: RevisionMarkSpec | None = None
    plan: Plan | None = None
    fresh: bool = False

    def within(self, region: str) -> Judgement:
        """A revision that names no region runs in that of its supervisor, whose queue reaches no other."""
        if self.accepted is None or self.accepted.region:
            return self
        return replace(self, accepted=replace(self.accepted, region=region))


NOTHING = Judgement(None, None)


class Judge:
    """Judges the spec of a deployment against its mark."""

    def __init__(self, reviewer: Reviewer, refuse: Refuse = uncounted) -> None:
        self._reviewer, self._refuse = reviewer, refuse

    async def judge(self, seen: Object, before: History, view: TrustView, now: datetime) -> Judgement:
        """What counts of a deployment now."""
        signers = _signers(before.mark, view) if before.mark else ()
        try:
            tenant = view.tenant_of(seen.namespace)
            proposal = Proposal(seen.namespace, seen.name, seen.spec, tenant, before.mark)
            reviewed = await self._reviewer.review(proposal, view, now)
        except Refusal as refusal:
            self._refuse("deployment", str(refusal.code))
            return await self.keep(before.accepted, refused(refusal), signers)
        lost = "" if reviewed.same else shrinking(reviewed.plan, before.volumes)
        if lost:
            return await self.keep(before.accepted, Refused("Planned", Reason.UPDATE_REFUSED, lost), signers)
        mark = _mark(reviewed, seen)
        accepted = _accept(reviewed.verified, reviewed.plan)
        return Judgement(accepted, None, mark, reviewed.plan, fresh=mark != before.mark)

    async def keep(self, held: RevisionMarkSpec | None, why: Refused, signers: Iterable[str]) -> Judgement:
        """The accepted document goes on as it was accepted, whatever the spec says now."""
        if held is None:
            return Judgement(None, why)
        verified = accepted_document(held, tuple(signers))
        plan = await self._reviewer.plan(verified)
        return Judgement(_accept(verified, plan), why, held, plan)


def _accept(verified: VerifiedDeployment, plan: Plan) -> Accepted:
    spec = verified.document.spec
    return Accepted(
        spec.revision,
        verified.digest,
        spec.plan,
        verified.signers,
        parse_time(spec.expires),
        spec.max_unavailable or 1,
        spec.region or "",
        tuple(Want(each.kind, each.name, each.item, each.digest) for each in plan.resources),
    )


def refused(refusal: Refusal) -> Refused:
    """The refusal, with the condition that it turns False."""
    planned = refusal.code in PLANNED_CODES
    return Refused("Planned" if planned else "SignatureVerified", str(refusal.code), str(refusal))


def _mark(reviewed: Reviewed, seen: Object) -> RevisionMarkSpec:
    """The mark of what was reviewed; the same document signed anew is kept with its new signatures."""
    verified = reviewed.verified
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


def _signers(held: RevisionMarkSpec, view: TrustView) -> tuple[str, ...]:
    """Who signed the accepted document, as far as the records of today know the keys."""
    tenants = [each for each in view.tenants.values() if each.id == held.tenant]
    found = [view.signer(tenant, "deploy", each.key_id) for tenant in tenants for each in held.signatures]
    return tuple(sorted({signer.user for signer in found if signer is not None}))
