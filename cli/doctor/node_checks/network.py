"""The kernel can make ports, and the packet filter is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, skipped, well, wrong
from cli.doctor.machine import Machine
from sal.nftables import TABLE

FAMILIES = ("bridge", "ip6")


def look(machine: Machine) -> Iterator[Finding]:
    """Asks for the tun device and our tables."""
    if not machine.settings.network.configure:
        yield skipped("the node does not configure the network (network.configure)")
        return
    refusal = machine.opens("/dev/net/tun")
    if refusal:
        yield wrong(f"/dev/net/tun cannot be opened: {refusal}", "modprobe tun")
    missing = [f"{family} {TABLE}" for family in FAMILIES if f"{family} {TABLE}" not in machine.tables()]
    if missing:
        yield wrong(
            f"the packet filter lacks {', '.join(missing)}", "is the executor running? It loads them within 15 s"
        )
    elif not refusal:
        yield well("ports can be made, and the packet filter is loaded")


CHECK = Check("network", look)
