"""Machine: one placed VM or container of a deployment. Written by the supervisor only."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    NAMED_AS_RESOURCE,
    Column,
    Count,
    Digest,
    KindDefinition,
    NodeId,
    Ordinal,
    Part,
    ResourceName,
    Rule,
    Status,
    Text,
    Timestamp,
    about,
    condition_column,
    rules,
)
from crds.reasons import ConditionDefinition, DocumentedReason

SAME_DEPLOYMENT = Rule(
    "self.deployment == oldSelf.deployment", "deployment never changes: delete the object instead", ".deployment"
)
RISING_EPOCH = Rule(
    "self.epoch >= oldSelf.epoch", "epoch never falls, it is the node's fence: keep it or raise it", ".epoch"
)


class Reason(DocumentedReason):
    """Reasons of a machine's and a volume's conditions."""

    RUNNING = "Running", "it runs as its item says; a volume is there"
    PLACED = "Placed", "it has the node in the message"
    MOVES = "Moves", "its node is drained: it goes to another one when its turn comes", "wait"
    STAYS = "Stays", "its node is drained, and it cannot leave it; the message says why", "see the message"
    WAITING = "WaitingForNode", "the node has not done it yet", "wait; is the node Ready?"
    UPDATING = "Updating", "the node is starting it", "wait"
    RESTARTING = "Restarting", "it ended and starts again after the pause in the message", "look at its console"
    STOPPED = "Stopped", "it ended and its policy lets it", "sign another `restart`, or a change that starts it"
    FAILED = "Failed", "it ended for good, or a step failed", "look at its console; sign a change"
    REFUSED = "RefusedByNode", "the node refused the order; the message begins with its refusal", "see Refusals"
    NODE_UNREACHABLE = (
        "NodeUnreachable",
        "its node does not report; it may well run on",
        "bring the node back; if it is gone for good, `kubectl hardpan forget node`",
    )
    NODE_NOT_CERTIFIED = (
        "NodeNotCertified",
        "its node has no certificate that counts: what it says is not believed; it may well run on",
        "approve the node anew; if it is gone for good, `kubectl hardpan forget node`",
    )
    REMOVING = "Removing", "its node is asked to remove it, once no machine has it", "wait, or what the message says"


_PLACES = (Reason.PLACED, Reason.MOVES, Reason.STAYS)
_STATES = tuple(each for each in Reason if each not in _PLACES)
CONDITIONS = (
    ConditionDefinition("Ready", "it is as its item of the plan says", "supervisor", _STATES),
    ConditionDefinition("Placed", "it has a node", "supervisor", _PLACES),
    ConditionDefinition("Running", "its node says that it runs", "supervisor", _STATES),
)


class MachineSpec(Part):
    """Where the machine is, and which item of the plan it is; the values themselves are in the signed plan."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            SAME_DEPLOYMENT,
            RISING_EPOCH,
            Rule(
                "self.node == oldSelf.node || self.epoch > oldSelf.epoch",
                "another node needs a higher epoch: raise spec.epoch with spec.node",
                ".node",
            ),
        )
    )

    deployment: Annotated[ResourceName, about("The deployment that it belongs to.")]
    node: Annotated[NodeId, about("The node that holds it.")]
    epoch: Annotated[Ordinal, about("Number of this placement.")]
    item: Annotated[Digest, about("Digest of its item of the plan.")]
    cpus: Annotated[Ordinal, about("Processors that it takes.")]
    memory: Annotated[Ordinal, about("Bytes of memory that it takes.")]
    disk: Annotated[Ordinal, about("Bytes of disk that it takes, volumes apart.")]
    volumes: Annotated[
        list[ResourceName],
        Field(
            max_length=8,
            description="Volumes that it mounts; they stay until it is gone.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ]


class MachineSummary(Part):
    """Short forms for lists; for people only, code never reads them."""

    node: Annotated[Text, about("The node, shortened.")]


class MachineStatus(Status):
    """What the node said last."""

    summary: Annotated[MachineSummary, about("Short forms for lists.")] | None = None
    address: Annotated[str, StringConstraints(max_length=45), about("Its overlay address.")] | None = None
    epoch: Annotated[Count, about("The placement that this speaks of.")] | None = None
    item: Annotated[Digest, about("The item that it runs.")] | None = None
    restarts: Annotated[Count, about("How often it was started again.")] | None = None
    since: Annotated[Timestamp, about("When its state began.")] | None = None
    attempt: Annotated[Ordinal, about("Number of the current try to remove it.")] | None = None
    next_attempt: Annotated[Timestamp, about("When the current try is due.")] | None = None


MACHINE = KindDefinition(
    kind="Machine",
    plural="machines",
    short_name="hpmachine",
    scope="Namespaced",
    description="A machine of a deployment, placed on a node.",
    written_by="supervisor",
    spec=MachineSpec,
    status=MachineStatus,
    columns=(
        condition_column("Ready", "Ready"),
        Column("Node", ".status.summary.node"),
        Column("Address", ".status.address"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("Deployment", ".spec.deployment", wide=True),
        Column("Restarts", ".status.restarts", "integer", wide=True),
        Column("Node Id", ".spec.node", wide=True),
    ),
    conditions=CONDITIONS,
    selectable_fields=(".spec.node", ".spec.deployment"),
    rules=(NAMED_AS_RESOURCE,),
)
