"""Each controller that leads by a lease is alive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.installation import Installation
from cli.text import ago

PREFIX = "hardpan-"
ALWAYS = ("ledger", "coord")


def look(installation: Installation) -> Iterator[Finding]:
    """Reads the leases: who holds them, and since when nobody renewed them."""
    found = {
        each["metadata"]["name"].removeprefix(PREFIX): each
        for each in installation.objects("leases.coordination.k8s.io")
        if each["metadata"]["name"].startswith(PREFIX)
    }
    wanted = [*ALWAYS, *(f"supervisor-{name}" for name in _supervisors(installation))]
    for name in dict.fromkeys([*wanted, *sorted(found)]):
        yield _judged(name, found.get(name), installation.now)


def _supervisors(installation: Installation) -> list[str]:
    return sorted(each["metadata"]["name"] for each in installation.objects("supervisors.hardpan.dev"))


def _judged(name: str, lease: dict[str, Any] | None, now: datetime) -> Finding:
    role = "supervisor" if name.startswith("supervisor-") else name
    remedy = f"start it: hardpan {role}    (or hardpan control-plane); its log says why it ended"
    if lease is None:
        return wrong(f"{name} has never run here", remedy)
    spec = lease.get("spec") or {}
    holder, renewed = str(spec.get("holderIdentity") or ""), str(spec.get("renewTime") or "")
    if not holder or not renewed:
        return wrong(f"{name} ended, and nobody took over", remedy)
    if now - datetime.fromisoformat(renewed) > timedelta(seconds=int(spec.get("leaseDurationSeconds") or 0)):
        return wrong(f"{name} is silent since {ago(renewed, now)}; {holder} held its lease last", remedy)
    return well(f"{name} is led by {holder}")


CHECK = Check("controllers", look)
