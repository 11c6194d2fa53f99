"""Builds the snapshot that one reconcile decides on, from caches and reports; nothing else is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from controllers.certified import Certified
from controllers.loop.objects import Object, ObjectKey
from controllers.removed import is_leaving
from controllers.supervisor.accept import Judgement
from controllers.supervisor.caches import Caches
from controllers.supervisor.holdings import Holdings
from controllers.supervisor.memo import size_of
from controllers.supervisor.model import (
    Accepted,
    Capacity,
    Held,
    Key,
    NodeView,
    OpenJob,
    Placed,
    Snapshot,
    WorkKind,
)
from controllers.supervisor.removals import Removals
from controllers.supervisor.reports import Reports
from crds.job import Step
from crds.meta import DEPLOYMENT_UID_LABEL
from crds.node_conditions import Reason
from crds.reasons import RefusalReason
from crds.workload import MachineItem
from trust.errors import Refusal
from trust.host_name import host_name
from trust.part import parse_time
from trust.report import MOST_ROWS

KINDS: Mapping[str, WorkKind] = {"Machine": "machine", "Volume": "volume"}


def observe(
    seen: Object, judgement: Judgement, caches: Caches, reports: Reports, removals: Removals, now: datetime
) -> Snapshot:
    """The snapshot of one deployment."""
    placed = tuple(placed_of(each, reports, removals) for each in caches.children(seen.uid))
    jobs = tuple(job_of(each) for each in caches.jobs.by("deployment", seen.uid))
    taken, leaving = foreign(seen, judgement.accepted, caches)
    return Snapshot(
        namespace=seen.namespace,
        name=seen.name,
        uid=seen.uid,
        generation=seen.generation,
        spec_revision=int(seen.spec.get("revision") or 0),
        deleting=seen.deletion_timestamp is not None,
        suspended=bool(seen.spec.get("suspend")),
        accepted=judgement.accepted,
        refused=judgement.refused,
        placed=placed,
        jobs=jobs,
        nodes=caches.node_views.values(caches.view, lambda each: node_view(each, caches.certified)),
        reserved=caches.reserved.now(),
        taken=taken,
        leaving=leaving,
        held=held(seen, placed, caches, reports.holdings),
        listening=not reports.complete,
        halted=removals.held(now) if any(each.deleting for each in placed) else {},
        now=now,
        spread=spread(judgement.accepted, placed),
        binned=binned(judgement, reports),
        trusted_until=caches.view.expires if caches.view else None,
    )


def binned(judgement: Judgement, reports: Reports) -> Mapping[str, frozenset[str]]:
    """The nodes in whose bin a wanted volume waits, by its name."""
    mark, accepted = judgement.mark, judgement.accepted
    if mark is None or accepted is None:
        return {}
    place = (reports.cluster, mark.tenant, mark.namespace, mark.name)
    return reports.holders(
        {each.name: host_name(*place, *each.key) for each in accepted.wants if each.kind == "volume"}
    )


def condition(seen: Object, kind: str) -> Mapping[str, str]:
    """One condition of an object, or an empty mapping."""
    return next((each for each in seen.status.get("conditions") or () if each["type"] == kind), {})


def node_view(node: Object, certified: Certified) -> NodeView:
    """A node as placement sees it. The ledger may take away what the certificate gives, and never add to it."""
    ready, certificate, refusal = condition(node, "Ready"), None, ""
    capacity = node.status.get("capacity") or {}
    try:
        certificate = certified.of(node)
    except Refusal as refused:
        refusal = f"not certified ({refused.code})"
    if condition(node, "Conflict").get("status") == "True":
        refusal = f"frozen ({RefusalReason.NODE_CONFLICT})"
    approved = condition(node, "Approved")
    if approved.get("status") != "True":
        refusal = f"not approved ({approved.get('reason', Reason.WAITING_FOR_APPROVAL)})"
    reachable = ready.get("status") == "True"
    return NodeView(
        name=node.name,
        region=certificate.region if certificate else "",
        labels=certificate.labels if certificate else {},
        capacity=Capacity(capacity.get("cpus", 0), capacity.get("memory", 0), capacity.get("disk", 0), MOST_ROWS),
        certified=not refusal,
        reachable=reachable,
        schedulable=not (node.spec.get("cordoned") or is_leaving(node)),
        draining=is_leaving(node),
        certificate=node.spec.get("certificate", ""),
        unreachable_since="" if reachable else ready.get("lastTransitionTime", ""),
        refusal=refusal,
    )


def is_reachable(node: Object) -> bool:
    """Whether the ledger hears of it."""
    return condition(node, "Ready").get("status") == "True"


def placed_of(seen: Object, reports: Reports, removals: Removals) -> Placed:
    """A Machine or Volume with what its node said last."""
    kind, spec, status = KINDS[seen.resource.kind], seen.spec, seen.status
    known = reports.of(spec["node"])
    return Placed(
        kind=kind,
        name=seen.name,
        uid=seen.uid,
        resource_version=seen.resource_version,
        generation=seen.generation,
        node=spec["node"],
        epoch=spec["epoch"],
        item=spec["item"],
        size=size_of(seen),
        volumes=tuple(spec.get("volumes") or ()),
        deleting=seen.deletion_timestamp is not None,
        ready=condition(seen, "Ready").get("status") == "True",
        observed_generation=int(status.get("observedGeneration") or 0) if status.get("item") == spec["item"] else 0,
        observed_item=status.get("item", ""),
        attempt=int(status.get("attempt") or 1),
        next_attempt=_time(status.get("nextAttempt")),
        trouble=removals.trouble(seen),
        reported=known is not None,
        row=known.rows.get((seen.labels.get(DEPLOYMENT_UID_LABEL, ""), kind, seen.name)) if known else None,
    )


def _time(text: str | None) -> datetime | None:
    return parse_time(text) if text else None


def job_of(seen: Object) -> OpenJob:
    """A plan job; one without status is at its first attempt."""
    work, status = seen.spec["plan"], seen.status
    ended = condition(seen, "Succeeded")
    outcome = {"True": True, "False": False}.get(ended.get("status", ""))
    return OpenJob(
        name=seen.name,
        uid=seen.uid,
        resource_version=seen.resource_version,
        node=seen.spec["node"],
        revision=work["revision"],
        plan=work["plan"],
        steps=tuple(Step.model_validate(each) for each in work["steps"]),
        attempt=int(status.get("attempt") or 1),
        succeeded=outcome,
        reason=ended.get("reason", ""),
        message=ended.get("message", ""),
        next_attempt=_time(status.get("nextAttempt")),
        finished=ended.get("lastTransitionTime", "") if outcome is not None else "",
    )


def foreign(seen: Object, accepted: Accepted | None, caches: Caches) -> tuple[frozenset[Key], frozenset[Key]]:
    """Wanted names that belong to other deployments of this namespace, and to a namesake that was here before."""
    wanted = [want.key for want in accepted.wants] if accepted else []
    found = [(key, caches.child(ObjectKey(seen.namespace, key[1]), key[0])) for key in wanted]
    others = [(key, each) for key, each in found if each and each.labels.get(DEPLOYMENT_UID_LABEL) != seen.uid]
    leaving = frozenset(key for key, each in others if each.spec["deployment"] == seen.name)
    return frozenset(key for key, _ in others) - leaving, leaving


def held(seen: Object, placed: Iterable[Placed], caches: Caches, holdings: Holdings) -> dict[Key, Held]:
    """What nodes hold of this deployment without an object, also of a namesake whose object is gone.

    What a forgotten node held is gone with it, by the operator's word.
    """
    there = {each.key for each in placed}
    strangers = caches.uids.strangers(holdings.uids(seen.namespace)) - {seen.uid}
    rows = [*holdings.of(seen.uid), *(each for uid in sorted(strangers) for each in holdings.of(uid, seen.namespace))]
    return {
        key: Held(node, row.epoch)
        for node, key, row in sorted(rows, key=lambda each: each[0])
        if key not in there and caches.node(node) is not None
    }


def spread(accepted: Accepted | None, placed: Iterable[Placed]) -> dict[tuple[str, str], int]:
    """How many machines of each spread group are on each node."""
    groups: dict[tuple[str, str], int] = {}
    for each in placed:
        want = accepted.want(each.key) if accepted else None
        if want is not None and isinstance(want.item, MachineItem) and want.item.spread:
            place = (want.item.spread, each.node)
            groups[place] = groups.get(place, 0) + 1
    return groups
