"""What admission answers: the error appears at `kubectl apply`, in the words that the conditions would use.

A convenience: the supervisor repeats everything, and nodes have the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controllers.admission.decided import Decided, Heard, unheard
from controllers.loop.cache import Cache
from controllers.loop.metrics import Refuse, uncounted
from controllers.loop.objects import ObjectKey
from controllers.review import Proposal, Reviewer, mark_name
from crds.meta import TRACEPARENT
from crds.revisionmark import RevisionMarkSpec
from trust.deployment import UNSIGNED_FIELDS
from trust.errors import Refusal
from trust.snapshot import TrustView


@dataclass(frozen=True)
class Verdict:
    """Allowed, or the sentence with which it is refused."""

    allowed: bool
    message: str = ""
    reason: str = ""


class Admission:
    """Reviews AdmissionReview requests for deployments."""

    def __init__(
        self,
        reviewer: Reviewer,
        marks: Cache,
        trust: Callable[[], TrustView],
        clock: Callable[[], datetime],
        refuse: Refuse = uncounted,
        heard: Heard = unheard,
    ) -> None:
        """`heard` hears of each decision."""
        self._reviewer, self._marks, self._trust, self._clock = reviewer, marks, trust, clock
        self._refuse, self._heard = refuse, heard

    async def answer(self, request: Mapping[str, Any]) -> Verdict:
        """The verdict on one request."""
        if request.get("operation") not in ("CREATE", "UPDATE") or request.get("subResource"):
            return Verdict(True)
        new, old = request["object"], request.get("oldObject") or {}
        if "deletionTimestamp" in new["metadata"] or not _signed_part_changed(new, old):
            return Verdict(True)
        place, began = ObjectKey(request["namespace"], request["name"]), self._clock()
        verdict = await self._verdict(place, new["spec"])
        self._heard(self._decision(place, new, verdict, began))
        return verdict

    async def _verdict(self, place: ObjectKey, spec: Mapping[str, Any]) -> Verdict:
        try:
            await self._review(place.namespace, place.name, spec)
        except Refusal as refusal:
            self._refuse("deployment", str(refusal.code))
            return Verdict(False, f"{refusal}", str(refusal.code))
        return Verdict(True)

    def _decision(self, place: ObjectKey, new: Mapping[str, Any], verdict: Verdict, began: datetime) -> Decided:
        tenant, revision = "", new["spec"].get("revision")
        with suppress(Refusal):
            tenant = self._trust().tenant_of(place.namespace).id
        annotated = (new["metadata"].get("annotations") or {}).get(TRACEPARENT, "")
        number = revision if isinstance(revision, int) else 0
        return Decided(place, tenant, number, verdict.reason, began, self._clock(), annotated)

    async def _review(self, namespace: str, name: str, spec: Mapping[str, Any]) -> None:
        view = self._trust()
        tenant = view.tenant_of(namespace)
        held = self._marks.get(ObjectKey("", mark_name(tenant.id, namespace, name)))
        mark = RevisionMarkSpec.model_validate(held.spec) if held else None
        await self._reviewer.review(Proposal(namespace, name, spec, tenant, mark), view, self._clock())


def _signed_part_changed(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """`suspend`, labels and annotations are RBAC's business; signatures count with what they sign."""
    ignored = UNSIGNED_FIELDS - {"signatures"}
    before, after = (
        {name: value for name, value in (each.get("spec") or {}).items() if name not in ignored} for each in (old, new)
    )
    return before != after


def response(request: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """The AdmissionReview that the API server expects back."""
    answer: dict[str, Any] = {"uid": request["uid"], "allowed": verdict.allowed}
    if not verdict.allowed:
        answer["status"] = {"code": 403, "reason": verdict.reason, "message": verdict.message}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}
