"""A plan against its tenant's ceilings. Pure: the same at admission, at the supervisor and in the CLI."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from crds.workload import MachineItem, VolumeItem
from plans.model import Plan
from plans.quantity import format_quantity
from trust.errors import Code, Refusal
from trust.records import TenantRecord


@dataclass(frozen=True)
class Totals:
    """What a plan asks for in all; memory and storage in bytes."""

    machines: int
    cpus: int
    memory: int
    volumes: int
    storage: int


def totals(plan: Plan) -> Totals:
    """The sums over a plan's resources."""
    machines = [each.item for each in plan.resources if isinstance(each.item, MachineItem)]
    volumes = [each.item for each in plan.resources if isinstance(each.item, VolumeItem)]
    return Totals(
        machines=len(machines),
        cpus=sum(each.cpus for each in machines),
        memory=sum(each.memory for each in machines),
        volumes=len(volumes),
        storage=sum(each.size for each in volumes) + sum(each.disk for each in machines),
    )


def require_within(plan: Plan, tenant: TenantRecord, name: str, snapshot: str) -> None:
    """Raises Refusal(OverCeilings) naming the first ceiling, runtime or image host that the plan exceeds.

    `snapshot` is the trust snapshot's title, for the sentence.
    """
    asked = totals(plan)
    for field in ("machines", "cpus", "memory", "volumes", "storage"):
        need, may = getattr(asked, field), getattr(tenant.ceilings, field)
        if need > may:
            words = f"the plan needs {_amount(field, need)}, {name} may use {_amount(field, may)}"
            raise Refusal(Code.OVER_CEILINGS, f"{words} (trust snapshot {snapshot})", f"spec.ceilings.{field}")
    for resource in plan.resources:
        if isinstance(resource.item, MachineItem):
            _require_allowed(resource.name, resource.item, tenant, name)


def _require_allowed(machine: str, item: MachineItem, tenant: TenantRecord, name: str) -> None:
    if item.runtime not in tenant.runtimes:
        allowed = ", ".join(tenant.runtimes) or "none"
        message = f"machine {machine} wants runtime {item.runtime}, {name} may use {allowed}"
        raise Refusal(Code.OVER_CEILINGS, message, "spec.runtimes")
    host = _host(item.image.url)
    if tenant.image_hosts and host not in tenant.image_hosts:
        allowed = ", ".join(tenant.image_hosts)
        message = f"machine {machine} takes its image from {host}, {name} may use {allowed}"
        raise Refusal(Code.OVER_CEILINGS, message, "spec.imageHosts")


def _host(url: str) -> str:
    """The host of an address; of one that is none, nothing, which no list of hosts has."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _amount(field: str, value: int) -> str:
    return format_quantity(value) if field in ("memory", "storage") and value else str(value)
