"""From a snapshot to the conditions that people and `kubectl wait` read. Pure; never says True on old evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from controllers.loop.conditions import Condition as Fact
from controllers.supervisor.away import away
from controllers.supervisor.in_use import in_use
from controllers.supervisor.model import Accepted, Placed, Snapshot
from controllers.supervisor.placement import Unplaced
from controllers.supervisor.rollout import Rollout
from crds.deployment import AcceptedRevision, Counts, Placement
from crds.deployment_conditions import Reason

RENEWAL_DUE_BEFORE = timedelta(days=14)
NOT_LOOKED_AT = "a deployment that is being removed is not verified any more"


def facts(snapshot: Snapshot, rollout: Rollout) -> list[Fact]:
    """Every condition of the deployment that the supervisor writes."""
    available = _available(snapshot, rollout)
    return [
        _ready(snapshot, available),
        available,
        _signature(snapshot),
        _planned(snapshot, rollout),
        _scheduled(snapshot, rollout),
        _progressing(snapshot, rollout, available),
        _paused(snapshot),
        *_kstatus(snapshot, rollout, available),
        _renewal(snapshot),
    ]


def counts(snapshot: Snapshot) -> Counts | None:
    """Machines of the accepted plan and how many of them run."""
    if snapshot.accepted is None:
        return None
    wanted = [want for want in snapshot.accepted.wants if want.kind == "machine"]
    ready = sum(1 for want in wanted if _runs(snapshot.find(want.key), want.digest, snapshot))
    return Counts(machines=len(wanted), ready=ready, summary=f"{ready}/{len(wanted)}")


def accepted_revision(accepted: Accepted | None) -> AcceptedRevision | None:
    """The accepted revision as the status shows it."""
    if accepted is None:
        return None
    return AcceptedRevision(
        revision=accepted.revision,
        digest=accepted.digest,
        plan=accepted.plan,
        signers=list(accepted.signers),
        region=accepted.region or None,
    )


def placements(unplaced: Iterable[Unplaced]) -> list[Placement]:
    """The first few resources without a node, with why."""
    return [
        Placement(resource=each.resource, evaluated=each.evaluated, filtered=dict(each.filtered), message=each.message)
        for each in list(unplaced)[:8]
    ]


def _runs(placed: Placed | None, digest: str, snapshot: Snapshot) -> bool:
    return (
        placed is not None
        and not placed.deleting
        and placed.item == digest
        and _reachable(placed, snapshot)
        and placed.running
    )


def _reachable(placed: Placed, snapshot: Snapshot) -> bool:
    node = snapshot.nodes.get(placed.node)
    return node is not None and node.reachable and node.certified


def _refusal(node: str, snapshot: Snapshot) -> str:
    """Why a node does not count; empty when it does, or is gone."""
    return snapshot.nodes[node].refusal if node in snapshot.nodes else ""


def _available(snapshot: Snapshot, rollout: Rollout) -> Fact:
    if snapshot.deleting:
        reason = Reason.REMOVALS_HALTED if _halted(snapshot) else Reason.REMOVING
        return Fact("Available", "False", reason, _waits_for(snapshot))
    if snapshot.accepted is None:
        return Fact("Available", "False", Reason.NOT_YET_ACCEPTED, "no revision has been accepted yet")
    lost = sorted({placed.node for placed in _wanted(snapshot) if not _reachable(placed, snapshot)})
    strange = [f"{name} ({why})" for name in lost if (why := _refusal(name, snapshot))]
    if strange:
        return Fact("Available", "Unknown", Reason.NODE_NOT_CERTIFIED, f"what {', '.join(strange)} says does not count")
    if lost:
        return Fact("Available", "Unknown", Reason.NODE_UNREACHABLE, f"no report from {', '.join(lost)}")
    if rollout.leaving:
        return Fact("Available", "False", Reason.UPDATING, rollout.leaving)
    if rollout.unplaced:
        return Fact("Available", "False", Reason.NO_NODE_FITS, rollout.unplaced[0].message)
    waiting = [w for w in snapshot.accepted.wants if not _runs(snapshot.find(w.key), w.digest, snapshot)]
    if waiting:
        names = ", ".join(f"{want.kind} {want.name}" for want in waiting[:4])
        return Fact("Available", "False", Reason.UPDATING, f"waiting for {names}{_trouble(snapshot)}")
    return Fact(
        "Available", "True", Reason.AS_DESCRIBED, f"all {len(snapshot.accepted.wants)} resources run as described"
    )


def _wanted(snapshot: Snapshot) -> list[Placed]:
    wants = snapshot.accepted.wants if snapshot.accepted else ()
    return [placed for want in wants if (placed := snapshot.find(want.key)) is not None]


def _trouble(snapshot: Snapshot) -> str:
    """What nodes said of the jobs that did not succeed, or what a deleted volume waits for: where people look."""
    said = [f"{job.reason}: {job.message}" for job in snapshot.jobs if job.succeeded is None and job.message]
    said += [placed.row.message for placed in snapshot.placed if placed.row and placed.row.message]
    said += [f"volume {placed.name}: {held}" for placed in _wanted(snapshot) if (held := in_use(placed, snapshot))]
    return f" ({said[0]})" if said else ""


def _ready(snapshot: Snapshot, available: Fact) -> Fact:
    if snapshot.refused:
        reason, message = Reason.REVISION_REFUSED, f"{snapshot.refused.reason}: {snapshot.refused.message}"
        return Fact("Ready", "False", reason, message)
    if snapshot.suspended:
        return Fact("Ready", "False", Reason.SUSPENDED, "spec.suspend is true: set it to false to go on")
    return Fact("Ready", available.status, available.reason, available.message)


def _signature(snapshot: Snapshot) -> Fact:
    if snapshot.refused and snapshot.refused.condition == "SignatureVerified":
        return Fact("SignatureVerified", "False", snapshot.refused.reason, snapshot.refused.message)
    if snapshot.refused:
        return Fact("SignatureVerified", "True", Reason.ACCEPTED, "enough users signed it; see Planned")
    if snapshot.accepted is None:
        return Fact("SignatureVerified", "Unknown", Reason.NOT_YET_ACCEPTED, NOT_LOOKED_AT)
    return Fact("SignatureVerified", "True", Reason.ACCEPTED, _signed_by(snapshot.accepted))


def _signed_by(accepted: Accepted) -> str:
    return f"revision {accepted.revision} signed by {', '.join(accepted.signers)}"


def _planned(snapshot: Snapshot, rollout: Rollout) -> Fact:
    if snapshot.refused:
        if snapshot.refused.condition == "Planned":
            return Fact("Planned", "False", snapshot.refused.reason, snapshot.refused.message)
        return Fact("Planned", "Unknown", Reason.REVISION_REFUSED, "not evaluated: the revision was refused before")
    if rollout.taken:
        return Fact("Planned", "False", Reason.NAME_TAKEN, rollout.taken)
    if rollout.refused:
        return Fact("Planned", "False", Reason.UPDATE_REFUSED, rollout.refused)
    if snapshot.accepted is None:
        return Fact("Planned", "Unknown", Reason.NOT_YET_ACCEPTED, NOT_LOOKED_AT)
    return Fact("Planned", "True", Reason.ACCEPTED, snapshot.accepted.plan)


def _scheduled(snapshot: Snapshot, rollout: Rollout) -> Fact:
    if rollout.unplaced:
        return Fact("Scheduled", "False", Reason.NO_NODE_FITS, rollout.unplaced[0].message)
    if snapshot.accepted is None:
        return Fact("Scheduled", "Unknown", Reason.NOT_YET_ACCEPTED, "nothing is accepted that could be placed")
    return Fact("Scheduled", "True", Reason.AS_DESCRIBED, "every resource has a node")


def _progressing(snapshot: Snapshot, rollout: Rollout, available: Fact) -> Fact:
    if rollout.halted:
        return Fact("Progressing", "False", Reason.UPDATE_HALTED, rollout.halted)
    if available.status == "True" and any(placed.deleting for placed in snapshot.placed):
        reason = Reason.REMOVALS_HALTED if _halted(snapshot) else Reason.REMOVING
        return Fact("Progressing", "True", reason, _waits_for(snapshot))
    if available.status == "True":
        return Fact("Progressing", "False", Reason.AS_DESCRIBED, "nothing is left to do")
    return Fact("Progressing", "True", available.reason, available.message)


def _paused(snapshot: Snapshot) -> Fact:
    return Fact(
        "Paused",
        "True" if snapshot.suspended else "False",
        Reason.SUSPENDED if snapshot.suspended else Reason.AS_DESCRIBED,
    )


def _kstatus(snapshot: Snapshot, rollout: Rollout, available: Fact) -> tuple[Fact, Fact]:
    """The two that kstatus reads: what is stuck until somebody acts, and what is under way."""
    stuck = _stuck(snapshot, rollout)
    busy = available.status != "True" and not stuck and not snapshot.suspended
    reconciling = Fact("Reconciling", "True" if busy else "False", available.reason, available.message if busy else "")
    stalled = Fact("Stalled", "True", *stuck) if stuck else Fact("Stalled", "False", Reason.AS_DESCRIBED)
    return reconciling, stalled


def _stuck(snapshot: Snapshot, rollout: Rollout) -> tuple[str, str] | None:
    if snapshot.refused:
        return snapshot.refused.reason, snapshot.refused.message
    for text, reason in (
        (rollout.taken, Reason.NAME_TAKEN),
        (rollout.refused, Reason.UPDATE_REFUSED),
        (rollout.halted, Reason.UPDATE_HALTED),
        (_halted(snapshot), Reason.REMOVALS_HALTED),
        (rollout.unplaced[0].message if rollout.unplaced else "", Reason.NO_NODE_FITS),
    ):
        if text:
            return reason, text
    return None


def _renewal(snapshot: Snapshot) -> Fact:
    if snapshot.accepted is None:
        return Fact("RenewalDue", "False", Reason.NOT_YET_ACCEPTED)
    expires = snapshot.accepted.expires
    if snapshot.now >= expires:
        return Fact(
            "RenewalDue",
            "True",
            Reason.SIGNATURE_ENDED,
            f"ended {expires:%Y-%m-%dT%H:%M:%SZ}; what runs is kept: sign again",
        )
    if snapshot.now >= expires - RENEWAL_DUE_BEFORE:
        return Fact(
            "RenewalDue", "True", Reason.SIGNATURE_ENDS_SOON, f"ends {expires:%Y-%m-%dT%H:%M:%SZ}: sign again before"
        )
    return Fact("RenewalDue", "False", Reason.VALID, f"valid until {expires:%Y-%m-%dT%H:%M:%SZ}")


def _halted(snapshot: Snapshot) -> str:
    """The sentence of the brake, when something of this deployment waits for an operator."""
    return next((snapshot.halted[placed.uid] for placed in snapshot.placed if placed.uid in snapshot.halted), "")


def _waits_for(snapshot: Snapshot) -> str:
    going = [placed for placed in snapshot.placed if placed.deleting or snapshot.deleting]
    left = [f"{placed.kind} {placed.name} on {placed.node}{away(placed, snapshot)}" for placed in going]
    words = f"removing; waiting for {', '.join(left[:4])}" if left else "removing"
    halted = _halted(snapshot)
    return f"{words}. {halted}" if halted else words
