"""Something keeps the clock right: signatures and certificates are judged by it."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, soon, well
from cli.doctor.machine import Machine


def look(machine: Machine) -> Iterator[Finding]:
    """Asks the kernel."""
    if machine.synchronised():
        yield well(f"synchronised, {machine.now:%Y-%m-%d %H:%M:%S} UTC")
    else:
        yield soon(
            f"nothing keeps it right; it says {machine.now:%Y-%m-%d %H:%M:%S} UTC",
            "run chrony or systemd-timesyncd",
        )


CHECK = Check("clock", look)
