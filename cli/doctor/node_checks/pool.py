"""The node's disk is a btrfs that can be written, counts, is not full, and has no errors."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, soon, well, wrong
from cli.doctor.machine import Machine

NEARLY, FULL = 0.85, 0.97


def look(machine: Machine) -> Iterator[Finding]:
    """Judges what the file system says."""
    found, state = machine.pool(), machine.settings.state
    if not found.btrfs and machine.settings.engine == "qemu":
        yield wrong(f"{state} is not on btrfs", "mount a btrfs file system there")
        return
    if not found.writable:
        yield wrong(f"{state} is read-only", "dmesg says why the kernel made it so; mend it, then: mount -o remount,rw")
    if found.errors:
        yield wrong(f"{found.errors} errors of its devices", f"btrfs device stats {state}; replace the device")
    if found.btrfs and not found.quota:
        yield wrong(
            "quotas are off: a volume may fill the disk", "nothing: the node switches them on within 15 s if it runs"
        )
    share = f"{found.fullness:.0%} of {state} are taken"
    if found.fullness > FULL:
        yield wrong(share, "remove machines or volumes, or empty the bin; guests wait until there is room")
    elif found.fullness > NEARLY:
        yield soon(share, "remove what is not needed, or add a device: btrfs device add")
    else:
        yield well(share)


CHECK = Check("disk", look)
