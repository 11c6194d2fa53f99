"""What to do about a condition: a command to paste where there is one, else the documented remedy. Pure."""

from __future__ import annotations

import re
import shlex

from cli.seen import Condition, Seen, one_line
from crds import deployment_conditions, job, machine, node_conditions
from crds.reasons import NOTHING, DocumentedReason, RefusalReason

_SIGN_AGAIN = "mend it, then: kubectl hardpan sign FILE && kubectl apply -f FILE"
_GIVE_UP = "kubectl hardpan forget node {node}    once the machine is off for good"
_LOOK_AT_NODE = "kubectl hardpan explain node {node}"
_LOOK_AT_DEPLOYMENT = "kubectl hardpan explain deployment {deployment} -n {namespace}"
_MERGE = '--type merge -p \'{{"spec":{{"%s":false}}}}\''
_RESUME = "kubectl patch deployments.hardpan.dev {name} -n {namespace} " + _MERGE % "suspend"
_UNCORDON = "kubectl hardpan node uncordon {node}"
_AWAIT = "kubectl wait --for=condition=Ready deployments.hardpan.dev/{name} -n {namespace} --timeout=60s"
_COMMANDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("deployment", "RevisionRefused"): (_SIGN_AGAIN,),
    ("deployment", "NameTaken"): (_SIGN_AGAIN,),
    ("deployment", "UpdateRefused"): (_SIGN_AGAIN,),
    ("deployment", "Updating"): (_AWAIT,),
    ("deployment", "NodeUnreachable"): (_LOOK_AT_NODE,),
    ("deployment", "NodeNotCertified"): (_LOOK_AT_NODE,),
    ("deployment", "Suspended"): (_RESUME,),
    ("machine", "NodeUnreachable"): (_LOOK_AT_NODE,),
    ("machine", "NodeNotCertified"): (_LOOK_AT_NODE,),
    ("machine", "WaitingForNode"): (_LOOK_AT_NODE,),
    ("machine", "RefusedByNode"): (_LOOK_AT_DEPLOYMENT,),
    ("node", "WaitingForApproval"): ("kubectl hardpan node approve {node}",),
    ("node", "NodeConflict"): ("kubectl hardpan node resolve {node}",),
    ("node", "Stale"): ("is the machine on? Its console says what it waits for", _GIVE_UP),
    ("node", "Lost"): ("is the machine on? Its console says what it waits for", _GIVE_UP),
}
_REASONS: dict[str, type[DocumentedReason]] = {
    "deployment": deployment_conditions.Reason,
    "machine": machine.Reason,
    "node": node_conditions.Reason,
    "job": job.Reason,
}
_NODE_ID = re.compile(r"n-[a-z2-7]{26}")


def next_steps(it: Seen, main: Condition) -> tuple[str, ...]:
    """What to do, for the kind and the reason; nothing where nothing is wrong or nothing can be done."""
    kind = "machine" if it.kind == "volume" else it.kind
    steps = _COMMANDS.get((kind, main.reason)) or _documented(kind, main.reason)
    schedulable = it.condition("Schedulable")
    if kind == "node" and schedulable and schedulable.reason in ("Cordoned", "Draining"):
        steps = (*steps, _UNCORDON)
    named = _NODE_ID.search(main.message)
    node = it.name if kind == "node" else str(it.spec.get("node") or (named.group() if named else "NODE"))
    words = {"name": it.name, "namespace": it.namespace, "node": node, "deployment": str(it.spec.get("deployment"))}
    # These are pasted into a shell, and the API server may not be what it was.
    quoted = {key: shlex.quote(one_line(value)) for key, value in words.items()}
    return tuple(each.format(**quoted) for each in steps)


def _documented(kind: str, reason: str) -> tuple[str, ...]:
    for reasons in (_REASONS[kind], RefusalReason):
        found = next((each for each in reasons if each == reason), None)
        if found is not None and found.remedy != NOTHING:
            return (found.remedy.replace("{", "{{").replace("}", "}}"),)
    return ()
