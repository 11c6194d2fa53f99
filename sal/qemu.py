"""QEMU with its q35 board, driven over QMP: for nodes and tests without a KVM that runs stock kernels.

Each QEMU is a user of its own and opens nothing: what it uses is opened by us and handed to it.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from shutil import which
from typing import Any

from sal.command import Process, find, find_by_word, spawn, words
from sal.errors import Busy, SalError, UnexpectedOutput
from sal.filesystem import write_durably
from sal.handed import Handed
from sal.hypervisor import Info, MachineConfig, State, Trouble
from sal.qemu_command import PROGRAM, Descriptors, Files, command_line, own_word, place
from sal.qmp import Qmp
from sal.users import own_user, users_of_processes

LARGEST_CONSOLE = 1 << 20
KEPT_CONSOLE = 1 << 18
KVM = Path("/dev/kvm")
PRESS_SECONDS = 1.0
_TROUBLES = {"paused": Trouble.PAUSED, "suspended": Trouble.PAUSED, "io-error": Trouble.NO_ROOM}


def hand(config: MachineConfig, handed: Handed) -> Descriptors:
    """Opens what a machine needs. Raises SalError."""
    files = Files(config.folder)
    return Descriptors(
        handed.listening(files.socket),
        handed.log(files.console),
        tuple(handed.file(each.path, read_only=each.read_only) for each in config.disks),
        handed.tap(config.interface.tap) if config.interface else None,
    )


def _is_of(answer: dict[str, Any], disk: Path) -> bool:
    """Whether a set of descriptors, as QEMU tells of it, is of this file."""
    held = answer.get("fds")
    return isinstance(held, list) and any(isinstance(e, dict) and e.get("opaque") == str(disk) for e in held)


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
        self._choosing = threading.Lock()

    def lacks(self) -> str:
        """See Hypervisor."""
        return "" if which(PROGRAM) else PROGRAM

    def start(self, config: MachineConfig) -> None:
        """See Hypervisor."""
        files = Files(config.folder)
        if self._process(files) is not None:
            return
        process = self._spawn(config, files)
        self._note(files, process)
        try:
            with Qmp(files.socket) as session:
                session.execute("cont")
        except (Busy, UnexpectedOutput):
            process.kill()
            raise SalError(f"machine {config.name} did not start: {self._last_words(files)}") from None

    def _spawn(self, config: MachineConfig, files: Files) -> Process:
        if self._accelerator == "kvm":
            # As udev does where there is one: whoever may open it has what any program may have, a machine.
            KVM.chmod(0o666)
        with Handed() as handed, self._choosing:
            words = command_line(config, self._accelerator, hand(config, handed))
            user = own_user(config.name, users_of_processes()) if os.geteuid() == 0 else None
            return spawn(words, log=files.log, pass_fds=handed.descriptors, user=user)

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
            places = [place(each["fdset-id"]) for each in session.records("query-fdsets") if _is_of(each, disk)]
            for node in session.records("query-named-block-nodes", flat=True):
                if node.get("drv") == "raw" and node.get("file") in places:
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
        return process if process is not None and own_word(files) in words(process.pid) else None

    def _adopted(self, files: Files) -> Process | None:
        process = find_by_word(own_word(files))
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
