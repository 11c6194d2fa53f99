"""Bare machines of the demo: emulated, with firmware, a boot medium, one empty disk and QEMU's own network."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.control_plane import environment
from cli.demo import fabric
from cli.demo.layout import POOL_BYTES
from cli.demo.processes import Processes
from cli.errors import CliError
from sal.filesystem import make_sparse

OVMF = Path("/usr/share/OVMF")
CODE, VARIABLES = OVMF / "OVMF_CODE_4M.fd", OVMF / "OVMF_VARS_4M.fd"
MEMORY_MEBIBYTES = 2048
CLEAR = "\x1b[H\x1b[2J"
LABEL = "booted"
CONSOLES = "ttyS1"
FABRIC = "fabric"
# The default, fec0::, is of a smaller scope than the bridge of the node, which would answer in its stead.
PREFIX = "fd68:7264:736c::"


@dataclass(frozen=True)
class BootedMachine:
    """One machine, by its number from 1, in a folder of its own."""

    number: int
    folder: Path

    @property
    def name(self) -> str:
        """For people and for its process."""
        return f"machine-{self.number}"

    @property
    def medium(self) -> Path:
        """The stick that it boots from."""
        return self.folder / "medium.img"

    @property
    def serial(self) -> Path:
        """What came over its serial line."""
        return self.folder / "serial"

    @property
    def consoles(self) -> Path:
        """What came over its second line: the consoles of the machines on it."""
        return self.folder / "consoles"

    def guests(self) -> list[str]:
        """The lines of those consoles, since the machine was made."""
        try:
            return self.consoles.read_text(errors="replace").splitlines()
        except OSError:
            return []

    def screen(self) -> tuple[str, ...]:
        """The lines that stand on its console; none before the node's first program has begun."""
        try:
            text = self.serial.read_bytes().decode(errors="replace").replace("\r", "")
        except OSError:
            return ()
        _, found, last = text.rpartition(CLEAR)
        return tuple(line for line in last.splitlines() if line.strip()) if found else ()

    def row(self, name: str) -> str:
        """A row of its console by its name; empty when it is not there."""
        rows = (line.strip().partition(" ") for line in self.screen())
        return next((value.strip() for head, _, value in rows if head == name), "")


class BootedMachines:
    """Switches them on and off; what is on their disks outlives that."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self._folder, self._processes = folder, processes

    def machine(self, number: int) -> BootedMachine:
        """The machine of this number."""
        return BootedMachine(number, self._folder / f"machine-{number}")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The machines that there are."""
        found = (each.name.removeprefix("machine-") for each in self._folder.glob("machine-*") if each.is_dir())
        return tuple(sorted(int(each) for each in found if each.isdecimal()))

    def next(self) -> BootedMachine:
        """The machine after the last one. Raises CliError when the fabric between them has no more sockets."""
        number = max(self.numbers, default=0) + 1
        if number > fabric.MOST_NODES:
            raise CliError(f"the demo has {fabric.MOST_NODES} booted machines at most: begin anew (make demo-down)")
        return self.machine(number)

    def runs(self, number: int) -> bool:
        """Whether its power is on."""
        return self._processes.find(self.machine(number).name) is not None

    def switch_on(self, number: int) -> BootedMachine:
        """The power is on; the medium must be there. Raises CliError without firmware for machines."""
        machine = self.machine(number)
        if self.runs(number):
            return machine
        if not CODE.is_file():
            raise CliError(f"{CODE} is missing: install the package ovmf (`make setup` does)")
        disk, variables = machine.folder / "disk.img", machine.folder / "variables.fd"
        if not disk.exists():
            make_sparse(disk, POOL_BYTES)
            shutil.copy(VARIABLES, variables)
        machine.serial.write_bytes(b"")
        words = [sys.executable, "-m", "cli.demo.fabric", str(self._folder)]
        self._processes.start(FABRIC, words, environment())
        self._processes.start(machine.name, _words(machine, disk, variables))
        return machine

    def cut(self, number: int) -> None:
        """Pulls the plug."""
        self._processes.stop(self.machine(number).name, 0.1)

    def remove(self, number: int) -> None:
        """Pulls the plug and takes the machine away."""
        self.cut(number)
        shutil.rmtree(self.machine(number).folder, ignore_errors=True)
        if not self.numbers:
            self._processes.stop(FABRIC)


def _words(machine: BootedMachine, disk: Path, variables: Path) -> list[str]:
    flash = "if=pflash,format=raw"
    return [
        *("qemu-system-x86_64", "-name", machine.name, "-machine", "q35,smm=on", "-accel", "tcg,thread=multi"),
        *("-cpu", "max", "-smp", "2", "-m", str(MEMORY_MEBIBYTES), "-nodefaults", "-display", "none", "-no-reboot"),
        *("-drive", f"{flash},unit=0,readonly=on,file={CODE}", "-drive", f"{flash},unit=1,file={variables}"),
        *("-serial", f"file:{machine.serial}", "-device", "virtio-rng-pci"),
        *("-chardev", f"file,id=consoles,path={machine.consoles},append=on", "-serial", "chardev:consoles"),
        *("-drive", f"if=none,id=boot,format=raw,readonly=on,file={machine.medium}"),
        *("-device", "virtio-blk-pci,drive=boot,bootindex=1,serial=boot"),
        *("-drive", f"if=none,id=pool,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=pool,serial=pool"),
        *("-netdev", f"user,id=way,ipv4=on,ipv6=on,ipv6-prefix={PREFIX}"),
        *("-device", f"virtio-net-pci,netdev=way,romfile=,mac={_card(machine).hex(':')}"),
        *("-netdev", f"dgram,id=others,{_sockets(machine)}"),
        *("-device", f"virtio-net-pci,netdev=others,romfile=,mac={fabric.card(machine.number).hex(':')}"),
    ]


def _sockets(machine: BootedMachine) -> str:
    """QEMU listens at the node's end of the fabric, and sends to the router's."""
    folder, number = machine.folder.parent, machine.number
    here, there = fabric.theirs(folder, number), fabric.ours(folder, number)
    return f"local.type=unix,local.path={here},remote.type=unix,remote.path={there}"


def _card(machine: BootedMachine) -> bytes:
    """The address of its card to the control plane."""
    return bytes.fromhex("5254006871") + bytes([machine.number])
