"""How machines run: with the processor's help, or emulated, which is said."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, soon, well, wrong
from cli.doctor.machine import Machine


def look(machine: Machine) -> Iterator[Finding]:
    """Compares the settings with the device."""
    settings, refusal = machine.settings, machine.opens("/dev/kvm")
    if settings.engine == "memory":
        yield soon("machines are simulated: nothing runs", "set engine to qemu in the node's settings")
        return
    if not machine.finds("qemu-system-x86_64"):
        yield wrong("qemu-system-x86_64 is not installed", "apt install qemu-system-x86")
    if settings.accelerator == "kvm" and refusal:
        yield wrong(
            f"/dev/kvm cannot be opened: {refusal}", "switch virtualisation on in firmware, load kvm_intel or kvm_amd"
        )
    elif settings.accelerator == "kvm":
        yield well("/dev/kvm is used")
    elif refusal:
        yield soon(
            "machines are emulated, about ten times slower: there is no /dev/kvm", "nothing where none can be had"
        )
    else:
        yield soon("machines are emulated although there is /dev/kvm", "set accelerator to kvm in the node's settings")


CHECK = Check("machines", look)
