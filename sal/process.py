"""Long-lived programs, known by pid and start time, so that a reused pid is never taken for them."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sal.errors import Busy

KILL_SECONDS = 5.0
_ENDED = ("Z", "X")
_STOPPED = ("T", "t")


@dataclass(frozen=True)
class Process:
    """A long-lived program: its pid and the kernel's start time of it (clock ticks since boot)."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        state, started = _status(self.pid)
        if started != self.started:
            return False
        if state in _ENDED:
            with suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            return False
        return True

    def stopped(self) -> bool:
        """Whether somebody stopped it (SIGSTOP, or a tracer)."""
        return _status(self.pid) in ((letter, self.started) for letter in _STOPPED)

    def wait(self, timeout: float) -> bool:
        """Waits at most `timeout` seconds for its end; whether it came."""
        deadline = time.monotonic() + timeout
        with self._held() as descriptor:
            while descriptor is not None and self.alive():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                ends(descriptor, left)
        return True

    def signal(self, number: int) -> None:
        """Sends a signal, to this very process only; one that ended gets none."""
        with self._held() as descriptor, suppress(ProcessLookupError):
            if descriptor is not None:
                signal.pidfd_send_signal(descriptor, number)

    def terminate(self, grace_seconds: float) -> None:
        """SIGTERM, then `kill` when it is still there after the grace."""
        self.signal(signal.SIGTERM)
        if not self.wait(grace_seconds):
            self.kill()

    def kill(self) -> None:
        """SIGKILL to it and to its group. Raises Busy when the kernel does not let it end."""
        with self._held() as descriptor, suppress(ProcessLookupError):
            if descriptor is not None and os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, signal.SIGKILL)
        self.signal(signal.SIGKILL)
        if not self.wait(KILL_SECONDS):
            raise Busy(f"process {self.pid} did not end within {KILL_SECONDS:g} s of SIGKILL: try again")

    @contextmanager
    def _held(self) -> Iterator[int | None]:
        """A descriptor of this very process: checked after it was opened, so the pid cannot become another's."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            yield None
            return
        try:
            yield descriptor if self.alive() else None
        finally:
            os.close(descriptor)


def child(pid: int) -> Process:
    """A process that was just started and not reaped."""
    return Process(pid, _status(pid)[1])


def find(pid: int, started: int) -> Process | None:
    """A process spawned by an earlier run, when it is still that one."""
    process = Process(pid, started)
    return process if process.alive() else None


def words(pid: int) -> tuple[str, ...]:
    """The argument vector of a process; empty when it is not there."""
    try:
        return tuple(os.fsdecode(each) for each in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    except OSError:
        return ()


def find_by_word(word: str) -> Process | None:
    """The process that was started with this very word, and sees the files that this one sees."""
    for each in Path("/proc").iterdir():
        if each.name.isdigit() and word in words(int(each.name)) and _sees(each) == _sees(Path("/proc/self")):
            process = child(int(each.name))
            if process.alive():
                return process
    return None


def _sees(process: Path) -> str:
    try:
        return os.readlink(process / "ns" / "mnt")
    except OSError:
        return ""


def start_time(pid: int) -> int | None:
    """When the kernel started the process, in clock ticks since boot; None for none, or for a zombie."""
    state, started = _status(pid)
    return None if state in _ENDED else started


def ends(descriptor: int, timeout: float) -> bool:
    """Waits at most `timeout` seconds for the process of a pidfd; whether it ended. It is not reaped."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(timeout * 1000))


def _status(pid: int) -> tuple[str, int]:
    """State letter and start time; `X` and 0 for a process that is not there (proc(5), /proc/PID/stat)."""
    try:
        # The name in parentheses may hold anything, also spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return _ENDED[1], 0
    return fields[0], int(fields[19])
