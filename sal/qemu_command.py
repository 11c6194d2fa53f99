"""QEMU's argument vector: pure, and without a path that it would open by itself.

Each number that it is told is a descriptor that it is handed (`sal.handed`).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from sal.hypervisor import Disk, Interface, MachineConfig

PROGRAM = "qemu-system-x86_64"
CONSOLE_SET, FIRST_DISK_SET = 0, 1


@dataclass(frozen=True)
class Files:
    """What the driver keeps in a machine's folder."""

    folder: Path

    @property
    def socket(self) -> Path:
        """The QMP socket."""
        return self.folder / "qmp.sock"

    @property
    def process(self) -> Path:
        """Pid and start time of QEMU."""
        return self.folder / "process.json"

    @property
    def console(self) -> Path:
        """What the guest printed."""
        return self.folder / "console.log"

    @property
    def log(self) -> Path:
        """What QEMU itself printed."""
        return self.folder / "qemu.log"


@dataclass(frozen=True)
class Descriptors:
    """The numbers under which QEMU finds what it was handed; disks in the order of the machine's."""

    monitor: int
    console: int
    disks: tuple[int, ...]
    tap: int | None


def own_word(files: Files) -> str:
    """The word of the argument vector that no other program has. The guest sees it as its board's UUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"file://{files.folder}"))


def command_line(config: MachineConfig, accelerator: str, handed: Descriptors) -> list[str]:
    """The argument vector. Pure."""
    files = Files(config.folder)
    words = [
        PROGRAM,
        *("-name", config.name, "-uuid", own_word(files)),
        *("-machine", f"q35,accel={accelerator}", "-cpu", "host" if accelerator == "kvm" else "max"),
        *("-smp", str(config.cpus), "-m", f"{config.memory >> 20}M"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-S"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-chardev", f"socket,id=monitor,fd={handed.monitor},server=on,wait=off"),
        *("-mon", "chardev=monitor,mode=control"),
        *_handed(handed.console, CONSOLE_SET, files.console),
        *("-chardev", f"file,id=console,path={place(CONSOLE_SET)},append=on", "-serial", "chardev:console"),
        *("-device", "virtio-rng-pci"),
    ]
    for index, (disk, descriptor) in enumerate(zip(config.disks, handed.disks, strict=True)):
        words += _disk(index, disk, descriptor)
    return words + (_interface(config.interface, handed.tap) if config.interface else [])


def _handed(descriptor: int, number: int, path: Path) -> list[str]:
    """A descriptor as a file of QEMU's; the path is only told. A comma in a value is written twice."""
    return ["-add-fd", f"fd={descriptor},set={number},opaque={str(path).replace(',', ',,')}"]


def place(number: int) -> str:
    """The name under which QEMU opens a set of descriptors."""
    return f"/dev/fdset/{number}"


def _disk(index: int, disk: Disk, descriptor: int) -> list[str]:
    number = FIRST_DISK_SET + index
    node = {
        "driver": "raw",
        "node-name": f"disk{index}",
        "read-only": disk.read_only,
        "file": {"driver": "file", "filename": place(number), "locking": "on"},
    }
    device = {"driver": "virtio-blk-pci", "drive": f"disk{index}", "serial": disk.serial, "bootindex": index}
    return [*_handed(descriptor, number, disk.path), "-blockdev", json.dumps(node), "-device", json.dumps(device)]


def _interface(interface: Interface, tap: int | None) -> list[str]:
    backend = {"type": "tap", "id": "port0", "fd": str(tap)}
    device = {"driver": "virtio-net-pci", "netdev": "port0", "mac": interface.mac, "romfile": ""}
    return ["-netdev", json.dumps(backend), "-device", json.dumps(device)]
