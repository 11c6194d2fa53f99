"""QEMU with its q35 board, driven over QMP: for nodes and tests without a KVM that runs stock kernels."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from sal.command import Process, find, find_by_word, spawn, words
from sal.errors import Busy, SalError, UnexpectedOutput
from sal.filesystem import write_durably
from sal.hypervisor import Disk, Info, Interface, MachineConfig, State, Trouble
from sal.qmp import Qmp

PROGRAM = "qemu-system-x86_64"
LARGEST_CONSOLE = 1 << 20
KEPT_CONSOLE = 1 << 18
PRESS_SECONDS = 1.0


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


_TROUBLES = {"paused": Trouble.PAUSED, "suspended": Trouble.PAUSED, "io-error": Trouble.NO_ROOM}


def _monitor(files: Files) -> str:
    """The word of the argument vector that no other program has."""
    return f"unix:{files.socket},server=on,wait=off"


def command_line(config: MachineConfig, accelerator: str) -> list[str]:
    """The argument vector; paths travel as JSON, so that no comma in one can become an option."""
    files = Files(config.folder)
    words = [
        PROGRAM,
        *(
            "-name",
            config.name,
            "-machine",
            f"q35,accel={accelerator}",
            "-cpu",
            "host" if accelerator == "kvm" else "max",
        ),
        *("-smp", str(config.cpus), "-m", f"{config.memory >> 20}M"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-S"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-qmp", _monitor(files)),
        *("-chardev", f"file,id=console,path={files.console},append=on", "-serial", "chardev:console"),
        *("-device", "virtio-rng-pci"),
    ]
    for index, disk in enumerate(config.disks):
        words += _disk(index, disk)
    return words + (_interface(config.interface) if config.interface else [])


def _disk(index: int, disk: Disk) -> list[str]:
    node = {
        "driver": "raw",
        "node-name": f"disk{index}",
        "read-only": disk.read_only,
        "file": {"driver": "file", "filename": str(disk.path), "locking": "on"},
    }
    device = {"driver": "virtio-blk-pci", "drive": f"disk{index}", "serial": disk.serial, "bootindex": index}
    return ["-blockdev", json.dumps(node), "-device", json.dumps(device)]


def _interface(interface: Interface) -> list[str]:
    backend = {"type": "tap", "id": "port0", "ifname": interface.tap, "script": "no", "downscript": "no"}
    device = {"driver": "virtio-net-pci", "netdev": "port0", "mac": interface.mac, "romfile": ""}
    return ["-netdev", json.dumps(backend), "-device", json.dumps(device)]


def _press_until_gone(socket: Path, process: Process, grace_seconds: float) -> bool:
    """Whether the guest went by itself; a process that does not answer is not waited for."""
    deadline = time.monotonic() + grace_seconds
    try:
        with Qmp(socket, timeout=2.0) as session:
            while (left := deadline - time.monotonic()) > 0:
                session.execute("system_powerdown")
                if process.wait(min(PRESS_SECONDS, left)):
                    return True
    except SalError:
        return process.wait(PRESS_SECONDS)
    return False


class QemuHypervisor:
    """`sal.hypervisor.Hypervisor` with one QEMU process per machine and life."""

    def __init__(self, accelerator: str = "tcg") -> None:
        self._accelerator = accelerator

    def lacks(self) -> str:
        """See Hypervisor."""
        return "" if which(PROGRAM) else PROGRAM

    def start(self, config: MachineConfig) -> None:
        """See Hypervisor."""
        files = Files(config.folder)
        if self._process(files) is not None:
            return
        files.socket.unlink(missing_ok=True)
        process = spawn(command_line(config, self._accelerator), log=files.log)
        self._note(files, process)
        try:
            with Qmp(files.socket) as session:
                session.execute("cont")
        except (Busy, UnexpectedOutput):
            process.kill()
            raise SalError(f"machine {config.name} did not start: {self._last_words(files)}") from None

    def info(self, folder: Path) -> Info:
        """See Hypervisor; also keeps the console bounded."""
        files = Files(folder)
        self._trim(files)
        process = self._process(files)
        if process is None:
            return Info(self._ended(files))
        return Info(State.RUNNING, process.pid)

    def trouble(self, folder: Path) -> Trouble | None:
        """See Hypervisor."""
        files = Files(folder)
        process = self._process(files)
        if process is None:
            return None
        if process.stopped():
            return Trouble.FROZEN
        try:
            with Qmp(files.socket, timeout=2.0) as session:
                return _TROUBLES.get(str(session.record("query-status").get("status")))
        except SalError:
            return Trouble.UNREACHABLE if self._process(files) is not None else None

    def resume(self, folder: Path) -> None:
        """See Hypervisor."""
        files = Files(folder)
        process = self._process(files)
        if process is not None:
            process.signal(signal.SIGCONT)
            with Qmp(files.socket, timeout=2.0) as session:
                session.execute("cont")

    def announce(self, folder: Path, disk: Path) -> None:
        """See Hypervisor. QEMU keeps the size that it saw when it opened the file."""
        files = Files(folder)
        if self._process(files) is None:
            return
        with Qmp(files.socket, timeout=2.0) as session:
            for node in session.records("query-named-block-nodes", flat=True):
                if (node.get("drv"), node.get("file")) == ("raw", str(disk)):
                    session.execute("block_resize", **{"node-name": node.get("node-name"), "size": disk.stat().st_size})

    def stop(self, folder: Path, grace_seconds: float) -> bool:
        """See Hypervisor. A button pressed before the guest listens is lost, so it is pressed again and again."""
        files = Files(folder)
        process = self._process(files)
        if process is None:
            return True
        went = _press_until_gone(files.socket, process, grace_seconds)
        if not went:
            process.kill()
        self._mark_stopped(files)
        return went

    def kill(self, folder: Path) -> None:
        """See Hypervisor."""
        files = Files(folder)
        process = self._process(files)
        if process is not None:
            process.kill()
        self._mark_stopped(files)

    def console(self, folder: Path, limit: int = 4096) -> bytes:
        """See Hypervisor."""
        file = Files(folder).console
        if not file.exists():
            return b""
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - limit))
            return opened.read(limit)

    def _process(self, files: Files) -> Process | None:
        """The machine's process. Start times begin anew with every boot, so pid and start time may be a stranger's:
        it must have the machine's words too. One that runs without a note is found by its words."""
        try:
            held = json.loads(files.process.read_bytes())
            process = find(held["pid"], held["started"])
        except (OSError, ValueError, KeyError, TypeError):
            return self._adopted(files) if files.socket.exists() else None
        own = {_monitor(files), files.folder.name}
        return process if process is not None and own.intersection(words(process.pid)) else None

    def _adopted(self, files: Files) -> Process | None:
        process = find_by_word(_monitor(files))
        if process is not None:
            self._note(files, process)
        return process

    def _note(self, files: Files, process: Process) -> None:
        write_durably(files.process, json.dumps({"pid": process.pid, "started": process.started}).encode())

    def _ended(self, files: Files) -> State:
        """A machine that we stopped has no process file; one whose process is gone ended by itself."""
        return State.CRASHED if files.process.exists() else State.ABSENT

    def _mark_stopped(self, files: Files) -> None:
        files.process.unlink(missing_ok=True)
        files.socket.unlink(missing_ok=True)

    def _trim(self, files: Files) -> None:
        """QEMU appends, so cutting the file short in place is safe."""
        if files.console.exists() and files.console.stat().st_size > LARGEST_CONSOLE:
            kept = self.console(files.folder, KEPT_CONSOLE)
            os.truncate(files.console, 0)
            with files.console.open("ab") as opened:
                opened.write(kept)

    def _last_words(self, files: Files) -> str:
        try:
            lines = files.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "QEMU said nothing"
