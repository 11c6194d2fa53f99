"""Whether a record counts, as the condition that it shows: the same words from everyone who writes one."""

from __future__ import annotations

from controllers.loop.conditions import Condition
from controllers.loop.objects import Object
from controllers.trust_source import TrustSource
from crds.reasons import RefusalReason
from crds.record_conditions import Reason
from trust.errors import Refusal
from trust.records import Record


def listed(trust: TrustSource, seen: Object) -> Condition:
    """Ready, when the newest snapshot lists the record as it is."""
    try:
        body = trust.view().body
    except Refusal as refusal:
        return refused(refusal)
    record = Record(seen.resource.kind, seen.name, seen.spec)
    if body.records.get(record.key) == record.digest:
        return Condition("Ready", "True", Reason.LISTED, f"by trust snapshot {body.version}")
    word = "with other content" if record.key in body.records else "at all"
    message = f"trust snapshot {body.version} does not list it {word}: run `hardpan trust renew`"
    return Condition("Ready", "False", RefusalReason.RECORD_NOT_LISTED, message)


def refused(refusal: Refusal) -> Condition:
    """Not Ready, in the words of the refusal."""
    return Condition("Ready", "False", str(refusal.code), refusal.message)
