"""A signed plan against its tenant's ceilings, as the node counts it: over the plan's canonical items, nothing beside.

The supervisor and admission count the same in `plans.ceilings`, over models, with the words a user sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from trust.errors import Code, Refusal
from trust.records import TenantRecord

Items = Mapping[tuple[str, str], Mapping[str, Any]]


def require_within(items: Items, tenant: TenantRecord) -> None:
    """Refusal(OverCeilings) for the first ceiling, runtime or image host that the plan exceeds.

    Raises Refusal(BadEncoding) for an item that does not say what it needs.
    """
    try:
        _require_amounts(items, tenant)
        for (kind, name), item in items.items():
            if kind == "machine":
                _require_allowed(name, item, tenant)
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(Code.BAD_ENCODING, f"the plan does not say what it needs: {error!r}") from None


def _require_amounts(items: Items, tenant: TenantRecord) -> None:
    machines = [item for (kind, _), item in items.items() if kind == "machine"]
    volumes = [item for (kind, _), item in items.items() if kind == "volume"]
    may = tenant.ceilings
    amounts = (
        ("machines", len(machines), may.machines),
        ("cpus", _sum(machines, "cpus"), may.cpus),
        ("memory", _sum(machines, "memory"), may.memory),
        ("volumes", len(volumes), may.volumes),
        ("storage", _sum(volumes, "size") + _sum(machines, "disk"), may.storage),
    )
    for what, need, allowed in amounts:
        if need > allowed:
            message = f"the plan needs {need} {what}, {tenant.namespace} may use {allowed}"
            raise Refusal(Code.OVER_CEILINGS, message, f"spec.ceilings.{what}")


def _sum(items: Iterable[Mapping[str, Any]], field: str) -> int:
    return sum(_amount(item[field]) for item in items)


def _amount(value: object) -> int:
    """A negative amount would make room for another, so it is no amount."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no amount")
    return value


def _require_allowed(name: str, item: Mapping[str, Any], tenant: TenantRecord) -> None:
    if item["runtime"] not in tenant.runtimes:
        message = f"machine {name} wants runtime {item['runtime']}, allowed: {', '.join(tenant.runtimes) or 'none'}"
        raise Refusal(Code.OVER_CEILINGS, message, "spec.runtimes")
    host = urlsplit(item["image"]["url"]).hostname or ""
    if tenant.image_hosts and host not in tenant.image_hosts:
        message = f"machine {name} takes its image from {host}, allowed: {', '.join(tenant.image_hosts)}"
        raise Refusal(Code.OVER_CEILINGS, message, "spec.imageHosts")
