"""The control plane can be reached, and is who the medium says."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.machine import Machine


def look(machine: Machine) -> Iterator[Finding]:
    """Asks the gateway for trust, as the node does."""
    refusal = machine.gateway()
    if refusal:
        yield wrong(refusal, "check network and URL; what runs goes on without it")
    else:
        yield well("answers")


CHECK = Check("control plane", look)
