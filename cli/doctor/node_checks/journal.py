"""The journal, which says what this node did and keeps, can be read whole."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.machine import Machine


def look(machine: Machine) -> Iterator[Finding]:
    """Reads it."""
    refusal = machine.journal()
    if refusal:
        remedy = "restore it from a copy, or wipe the node; machines that run go on"
        yield wrong(f"{machine.settings.paths.journal}: {refusal}", remedy)
    else:
        yield well("readable")


CHECK = Check("journal", look)
