"""The page of Events, made from the conditions of all kinds and from what decides which of them are told."""

from __future__ import annotations

from collections.abc import Iterator

from controllers.stuck import GOOD_WHEN_FALSE, is_stuck
from crds.kinds import KINDS
from crds.meta import KindDefinition
from crds.node_conditions import Reason
from crds.reasons import ConditionDefinition, DocumentedReason, RefusalReason
from crds.reference import table

HEAD = """# Events

Made from the conditions of all kinds by `make crds`: change those, not this page.

An Event is recorded when a condition comes to say something that somebody has to mend (`Warning`, with the reason
below), and when that is over (`Normal`, with the reason that the condition has then). What is routine makes none, and
what flaps is told once in five minutes. The message begins with the condition and its status; the reporter is the
controller, `hardpan-ledger`, `hardpan-coord` or `hardpan-supervisor-NAME`. Events are for people: no part reads them.

```sh
kubectl get events -A --field-selector type=Warning
kubectl events --for deployments.hardpan.dev/web -n demo
```

A reason that a gate gave is one of the [refusals](api.md#refusals).
"""
RETURNS = (Reason.REVOKED, RefusalReason.NODE_REMOVED, RefusalReason.NODE_CONFLICT)


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section for section in map(_kind, KINDS) if section), _returns()])


def warnings(kind: KindDefinition) -> Iterator[tuple[str, DocumentedReason]]:
    """The conditions of a kind with the reasons that are told; refusals are told of together."""
    for each in kind.conditions:
        for reason in each.reasons:
            if _told(kind, each, reason):
                yield each.type, reason


def refusable(kind: KindDefinition) -> list[str]:
    """The conditions of which a refusal is told."""
    stuck = {"status": "False", "reason": str(RefusalReason.NO_TRUST)}
    return [
        each.type for each in kind.conditions if each.refusable and is_stuck(kind.kind, {"type": each.type, **stuck})
    ]


def _told(kind: KindDefinition, condition: ConditionDefinition, reason: DocumentedReason) -> bool:
    bad = "True" if condition.type in GOOD_WHEN_FALSE else "False"
    return is_stuck(kind.kind, {"type": condition.type, "status": bad, "reason": str(reason)})


def _kind(kind: KindDefinition) -> str:
    by_reason: dict[DocumentedReason, list[str]] = {}
    for condition, reason in warnings(kind):
        by_reason.setdefault(reason, []).append(f"`{condition}`")
    rows = [
        (f"`{reason}`", ", ".join(conditions), reason.meaning, reason.remedy)
        for reason, conditions in by_reason.items()
    ]
    refused = ", ".join(f"`{each}`" for each in refusable(kind))
    rows += [("a refusal", refused, "a gate refused it", "see the refusal")] if refused else []
    return f"## {kind.kind}\n\n" + table(("reason", "in", "meaning", "what to do"), rows) if rows else ""


def _returns() -> str:
    rows = [(f"`{each}`", each.meaning, each.remedy) for each in RETURNS]
    words = "A `Warning` about the Node, once for each start of the machine:\n"
    return f"## Machines that come back\n\n{words}\n" + table(("reason", "meaning", "what to do"), rows)
