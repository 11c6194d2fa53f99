"""An emulated bare machine: OVMF firmware, disks, a medium, a serial line, QEMU's own user network. No root, no tap."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sal.filesystem import make_sparse

OVMF = Path("/usr/share/OVMF")
CLEAR = "\x1b[H\x1b[2J"
GIB = 1 << 30
SETTLE_SECONDS = 0.3
Found = TypeVar("Found")
CARD = "virtio-net-pci,netdev=n0,romfile="
VIRTIO = ("-device", "virtio-blk-pci,drive=boot,bootindex=1,serial=boot")
PLAIN = ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd")


@dataclass(frozen=True)
class Screen:
    """What stands on the console: its rows by their names, and the sentences below them."""

    rows: dict[str, str]
    text: str

    @property
    def words(self) -> str:
        """All of it on one line."""
        return " ".join(self.text.split())


def parse(serial: str) -> Screen | None:
    """The last whole screen on a serial line; None before the first. Pure."""
    _, found, last = serial.replace("\r", "").rpartition(CLEAR)
    if not found or "\n" not in last:
        return None
    rows: dict[str, str] = {}
    name = ""
    for line in last.splitlines():
        if line.startswith("  ") and line[2:18].strip() and not line[2].isspace() and line[17:18] == " ":
            name = line[2:18].strip()
            rows[name] = line[18:].strip()
    return Screen(rows, last)


@dataclass
class Machine:
    """One machine. `disks` and the firmware's memory outlive its power.

    `medium` is a raw image to boot from, `attached` how it is plugged in, `writable` whether it may seem to be, `keeps`
    whether it is; a machine that `restarts` does so when its system asks for it, others end.
    `firmware` is its code and its first memory, `before` what starts QEMU elsewhere.
    """

    folder: Path
    medium: Path | None
    disks: Sequence[Path] = ()
    network: Sequence[str] = ("-netdev", "user,id=n0,ipv4=on,ipv6=on", "-device", CARD)
    more: Sequence[str] = ()
    memory: int = 1024
    attached: Sequence[str] = VIRTIO
    writable: bool = False
    keeps: bool = False
    restarts: bool = False
    firmware: tuple[str, str] = PLAIN
    before: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)

    @property
    def serial_file(self) -> Path:
        """What came over the serial line since the power was switched on."""
        return self.folder / "serial"

    def switch_on(self) -> None:
        """Switches the power on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.serial_file.write_bytes(b"")
        variables = self.folder / "variables.fd"
        if not variables.exists():
            shutil.copy(OVMF / self.firmware[1], variables)
        self.started = time.monotonic()
        with (self.folder / "qemu.log").open("ab") as log:
            self.process = subprocess.Popen(self._words(variables), stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _words(self, variables: Path) -> list[str]:
        flash = "if=pflash,format=raw"
        words = [
            *self.before,
            "qemu-system-x86_64",
            "-machine",
            "q35,smm=on",
            "-accel",
            "tcg,thread=multi",
            "-cpu",
            "max",
        ]
        words += ["-m", str(self.memory), "-smp", "2", "-nodefaults", "-display", "none"]
        words += [] if self.restarts else ["-no-reboot"]
        words += ["-drive", f"{flash},unit=0,readonly=on,file={OVMF / self.firmware[0]}"]
        words += ["-drive", f"{flash},unit=1,file={variables}"]
        words += ["-serial", f"file:{self.serial_file}", "-device", "virtio-rng-pci"]
        words += ["-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off"]
        if self.medium is not None:
            mode = "" if self.keeps else ",snapshot=on" if self.writable else ",readonly=on"
            words += ["-drive", f"if=none,id=boot,format=raw{mode},file={self.medium}", *self.attached]
        for number, disk in enumerate(self.disks):
            words += ["-drive", f"if=none,id=d{number},format=raw,file={disk}"]
            words += ["-device", f"virtio-blk-pci,drive=d{number},serial={disk.stem}"]
        return [*words, *self.network, *self.more]

    def cut(self) -> None:
        """Pulls the plug."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    def ends(self, seconds: float) -> bool:
        """Whether the machine switches itself off in time."""
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self.process = None
        return True

    def press(self) -> None:
        """Presses the power button."""
        self.tell("system_powerdown")

    def tell(self, command: str, **arguments: str) -> None:
        """Gives QEMU a command."""
        with socket.socket(socket.AF_UNIX) as line, line.makefile("rw") as talk:
            line.connect(str(self.folder / "qmp"))
            for words in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                talk.readline()
                talk.write(json.dumps(words))
                talk.flush()
            answer = json.loads(talk.readline())
            assert "error" not in answer, answer

    def serial(self) -> str:
        """The serial line so far."""
        return self.serial_file.read_bytes().decode(errors="replace")

    def screen(self) -> Screen | None:
        """What stands on the console."""
        return parse(self.serial())

    def shows(self, text: str, seconds: float) -> Screen:
        """Waits for a screen with this text."""

        def found() -> Screen | None:
            screen = self.screen()
            if screen is None or text not in screen.words:
                return None
            # The end of it may still be on the line.
            time.sleep(SETTLE_SECONDS)
            return screen if self.screen() == screen else None

        return self.wait(found, f"{text!r} on the console", seconds)

    def wait(self, look: Callable[[], Found | None], what: str, seconds: float) -> Found:
        """What `look` finds, as soon as it finds something; fails when the machine ended or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (found := look()) is not None:
                return found
            assert self.process is not None, "the machine is off"
            assert self.process.poll() is None, f"QEMU ended: {(self.folder / 'qemu.log').read_text()}"
            time.sleep(0.1)
        raise AssertionError(f"{what} did not come within {seconds:g} s\n{self.serial()[-4000:]}")

    def cpu_seconds(self) -> float:
        """What QEMU has used of the processors."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def blank_disk(folder: Path, name: str = "pool", size: int = 4 * GIB) -> Path:
    """A new disk with nothing on it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.img"
    make_sparse(file, size)
    return file
