"""Agent and executor are there, and the executor answers."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.machine import Machine


def look(machine: Machine) -> Iterator[Finding]:
    """Looks for both."""
    missing = [name for name in ("executor", "agent") if not machine.runs(name)]
    for name in missing:
        log = machine.settings.paths.log(name)
        yield wrong(f"{name} does not run", f"start the node: hardpan node run; the end of {log} says why it ended")
    refusal = "" if "executor" in missing else machine.executor()
    if refusal:
        yield wrong(refusal, f"the end of {machine.settings.paths.log('executor')} says what it does")
    elif not missing:
        yield well("agent and executor run")


CHECK = Check("processes", look)
