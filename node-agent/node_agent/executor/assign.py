"""From an admitted step to a verb's work. Pure: every value is from verified bytes or computed from certificates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from node_agent.errors import StepFailed
from node_agent.executor.goal import host_name
from node_agent.executor.resources import KINDS, Assignment, Key
from node_agent.executor.work import Work
from sal.addresses import machine_address
from trust.canonical import canonical_bytes
from trust.certificate import NodeCertificate
from trust.gate import Admitted, AdmittedStep
from trust.keys import digest
from trust.part import parse_time

_REFERENCE = re.compile(r"(?P<holder>machine/(?P<name>[a-z0-9-]+))/address")


def work_of(admitted: Admitted, step: AdmittedStep, own: NodeCertificate) -> Work:
    """What the verb of this step is given. Raises StepFailed for a reference to something that nobody holds."""
    job, order = admitted.job, step.step
    place = job.deployment
    name = host_name(job.cluster, place.namespace, place.name, order.kind, order.name)
    assignment = _assignment(admitted, step, own, name) if step.item is not None else None
    key = Key(KINDS[order.kind], place.namespace, order.name)
    return Work(key, place.name, name, int(parse_time(job.issued).timestamp()), assignment, place.tenant)


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
