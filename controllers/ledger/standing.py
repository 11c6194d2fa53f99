"""From what the ledger knows of a node to its status. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controllers.ledger import attestation
from controllers.ledger.address import node_address
from controllers.ledger.clones import Start
from controllers.ledger.presence import Standing
from controllers.ledger.removal import Left, draining, is_out
from controllers.ledger.soundness import healthy
from controllers.ledger.summary import rounded, shortened
from controllers.ledger.up_to_date import running, up_to_date
from controllers.ledger.uptime import Liveness
from controllers.loop.conditions import Condition
from controllers.loop.objects import Object
from controllers.removed import is_forgotten, is_leaving
from crds.node_conditions import Reason
from crds.reasons import RefusalReason
from trust.certificate import NodeCertificate
from trust.errors import Code, Refusal

KEPT = ("site", "region", "labels", "capacity", "inventory", "image", "boot", "machines", "uptime")


def conditions(
    seen: Object,
    vouched: NodeCertificate | Refusal | None,
    held: Standing | None,
    liveness: Liveness | None,
    conflict: str = "",
    before: str = "",
    left: Left | None = None,
) -> list[Condition]:
    """Every condition; `vouched` is its certificate, or why that does not count, `conflict` the sentence of one.

    `before` says which node the machine may have been, `left` what is on it while it is removed.
    """
    removed = is_out(seen, left)
    approved = _removed(seen) if removed else _approved(seen.name, vouched, held)
    ready = _ready(approved, conflict, liveness)
    return [
        Condition("Registered", "True", str(Reason.REGISTERED), before),
        approved,
        attestation.said(seen, held.attested if held else None),
        _conflict(conflict),
        ready,
        _schedulable(seen, ready),
        draining(seen, left, held),
        healthy(seen, ready, held),
        up_to_date(seen, held),
    ]


def _approved(name: str, vouched: NodeCertificate | Refusal | None, held: Standing | None) -> Condition:
    if isinstance(vouched, Refusal):
        return _refused(name, vouched)
    if vouched is not None:
        by_token = vouched.token is not None
        reason = Reason.APPROVED_BY_TOKEN if by_token else Reason.APPROVED_BY_OPERATOR
        return Condition(
            "Approved", "True", str(reason), f"by token {vouched.token}" if by_token else "by the operator root"
        )
    if held is not None and held.decision is not None:
        return Condition("Approved", "False", str(held.decision.reason), held.decision.message)
    return Condition("Approved", "False", str(Reason.WAITING_FOR_APPROVAL), "waits for an operator")


def _removed(seen: Object) -> Condition:
    back = f": kubectl hardpan node uncordon {seen.name} takes it back"
    words = "given up by the operator: wipe the machine" if is_forgotten(seen) else f"removed by the operator{back}"
    return Condition("Approved", "False", str(RefusalReason.NODE_REMOVED), words)


def _refused(name: str, refusal: Refusal) -> Condition:
    """Nobody vouches any more for what was approved once."""
    if refusal.code is Code.NODE_REVOKED:
        message = f"{name} is revoked by the operator: wipe the machine to enrol it anew"
        return Condition("Approved", "False", str(Reason.REVOKED), message)
    remedy = f"Approve anyway: kubectl hardpan node approve {name}"
    return Condition("Approved", "False", str(refusal.code), f"{refusal.message}. {remedy}")


def _conflict(sentence: str) -> Condition:
    if sentence:
        return Condition("Conflict", "True", str(RefusalReason.NODE_CONFLICT), sentence)
    return Condition("Conflict", "False", str(Reason.ONE_MACHINE))


def _ready(approved: Condition, conflict: str, liveness: Liveness | None) -> Condition:
    if approved.status != "True":
        return Condition("Ready", "False", approved.reason, approved.message)
    if conflict:
        return Condition("Ready", "False", str(RefusalReason.NODE_CONFLICT), conflict)
    if liveness == "Reporting":
        return Condition("Ready", "True", str(Reason.REPORTING))
    if liveness is None:
        return Condition("Ready", "False", str(Reason.STALE), "approved, and no report has come yet")
    reason = Reason.STALE if liveness == "Stale" else Reason.LOST
    return Condition("Ready", "Unknown", str(reason), "no report: is the machine on, and does it reach the gateway?")


def _schedulable(seen: Object, ready: Condition) -> Condition:
    if is_leaving(seen) and ready.status == "True":
        return Condition("Schedulable", "False", str(Reason.DRAINING), "it is drained or removed")
    if seen.spec.get("cordoned"):
        return Condition("Schedulable", "False", str(Reason.CORDONED), "spec.cordoned is true")
    if ready.status != "True":
        return Condition("Schedulable", "False", ready.reason, ready.message)
    return Condition("Schedulable", "True", str(Reason.SCHEDULABLE))


def start(latest: Start | None, seen: Object) -> dict[str, Any]:
    """Its latest start, which an earlier one must not come back after."""
    if latest is None:
        return {name: seen.status[name] for name in ("start", "instance") if name in seen.status}
    return {"start": latest.number, **({"instance": latest.instance} if latest.instance else {})}


def details(certificate: NodeCertificate | None, held: Standing | None, seen: Object) -> dict[str, Any]:
    """Where it is and what it has; what is not known any more stays as it was."""
    said: dict[str, Any] = {name: seen.status[name] for name in KEPT if name in seen.status}
    if certificate is not None:
        said |= {"site": certificate.site, "region": certificate.region, "labels": dict(certificate.labels)}
    if held is not None and held.inventory is not None:
        said["inventory"] = held.inventory.wire()
    if held is not None and held.report is not None:
        report = held.report
        said |= {"capacity": report.capacity.wire(), "boot": report.boot}
        if report.image is not None:
            said["image"] = running(report.image, seen)
        said["machines"] = sum(1 for row in report.table if row.kind == "machine")
    if held is not None and held.attendance.days:
        said["uptime"] = [{"day": day, "seconds": int(seconds)} for day, seconds in held.attendance.days]
    said |= attestation.kept(seen, held.attested if held else None)
    return said | _shown(certificate, said.get("capacity"), seen)


def _shown(certificate: NodeCertificate | None, capacity: Mapping[str, Any] | None, seen: Object) -> dict[str, Any]:
    """What lists show. A machine that nobody vouches for has no address yet."""
    summary = {"memory": rounded(capacity["memory"])} if capacity else {}
    if certificate is None:
        return {"summary": summary} if summary else {}
    address = node_address(certificate.mycelium_key)
    return {"address": address.compressed, "summary": {**summary, "address": shortened(address)}}
