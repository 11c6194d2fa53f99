"""The certificates by which the node and its control plane know each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cli.doctor.certificates import judged
from cli.doctor.check import Check, Finding, skipped
from cli.doctor.machine import Machine

# The node asks for a new one by itself, so that only the last hour tells that it could not.
RENEWED = timedelta(hours=1)


def look(machine: Machine) -> Iterator[Finding]:
    """Judges the end of each."""
    ends = machine.certificate_ends()
    if not ends:
        yield skipped("the node has none yet")
    for name, end in ends.items():
        own = name.startswith("the queue")
        remedy = (
            "is the control plane reachable? The node asks for a new one" if own else "renew it; make the medium anew"
        )
        yield judged(name, end, machine.now, remedy, *((RENEWED,) if own else ()))


CHECK = Check("certificates", look)
