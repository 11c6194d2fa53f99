"""From an admitted step to a verb's work. Pure: every value is from verified bytes or computed from certificates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from node_agent.errors import StepFailed
from node_agent.executor.resources import KINDS, Assignment, Key, Resource
from node_agent.executor.work import Work
from sal.addresses import machine_address
from trust.canonical import canonical_bytes
from trust.certificate import NodeCertificate
from trust.gate import Admitted, AdmittedStep
from trust.host_name import host_name
from trust.keys import digest
from trust.part import parse_time

_REFERENCE = re.compile(r"(?P<holder>machine/(?P<name>[a-z0-9-]+))/address")


def key_of(admitted: Admitted, step: AdmittedStep) -> Key:
    """Which resource of this node a step is about."""
    return Key(KINDS[step.step.kind], admitted.job.deployment.namespace, step.step.name)


def work_of(admitted: Admitted, step: AdmittedStep, own: NodeCertificate, known: Resource | None) -> Work:
    """What the verb of this step is given; `known` is the table's line of this key.

    Raises:
        StepFailed: it refers to something that nobody holds, or the name is held for somebody else.
    """
    job, place = admitted.job, admitted.job.deployment
    tenant = _tenant(admitted, step, known)
    name = host_name(job.cluster, tenant, place.namespace, place.name, step.step.kind, step.step.name)
    key = key_of(admitted, step)
    if known is not None and known.assignment.host_name != name:
        holder = known.assignment.deployment
        message = f"{key} is held for deployment {holder} of tenant {known.assignment.tenant}: remove that first"
        raise StepFailed("NameTaken", message)
    assignment = _assignment(admitted, step, own, name) if step.item is not None else None
    return Work(key, place.name, name, int(parse_time(job.issued).timestamp()), assignment, tenant)


def _tenant(admitted: Admitted, step: AdmittedStep, known: Resource | None) -> str:
    """Whose the resource is. What a removal says of it is no user's word, so the table's counts."""
    if step.item is None and known is not None:
        return known.assignment.tenant
    return admitted.job.deployment.tenant


def _assignment(admitted: Admitted, step: AdmittedStep, own: NodeCertificate, name: str) -> Assignment:
    order, place, item = step.step, admitted.job.deployment, dict(step.item or {})
    kind = KINDS[order.kind]
    return Assignment(
        kind=kind,
        namespace=place.namespace,
        name=order.name,
        deployment=place.name,
        deployment_uid=place.uid,
        epoch=order.epoch,
        generation=order.generation,
        digest=digest(canonical_bytes({"kind": kind, "name": order.name, "spec": item})),
        item=item,
        host_name=name,
        address=_address(admitted, own, order.name) if kind == "machine" else "",
        references=_references(admitted, item.get("env", {})),
        tenant=place.tenant,
    )


def _address(admitted: Admitted, holder: NodeCertificate, name: str) -> str:
    place = admitted.job.deployment
    return str(machine_address(holder.mycelium_key, admitted.job.cluster, place.namespace, place.name, "machine", name))


def _references(admitted: Admitted, environment: Mapping[str, Any]) -> dict[str, str]:
    """The addresses that the environment refers to, computed from the certificates of the nodes that hold them."""
    found: dict[str, str] = {}
    for value in environment.values():
        if not isinstance(value, Mapping):
            continue
        match = _REFERENCE.fullmatch(str(value.get("ref")))
        holder = admitted.holders.get(match["holder"]) if match else None
        if match is None or holder is None:
            raise StepFailed("HolderUnknown", f"nobody is said to hold {value.get('ref')}")
        found[match[0]] = _address(admitted, holder, match["name"])
    return found
