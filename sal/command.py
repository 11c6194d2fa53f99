"""The only door to other programs: argument vectors, a clean environment, time limits, output caps, clear errors.

No shell anywhere. Short programs go through a `Runner`; long-lived ones are spawned and can be found again by pid and
start time, so that a reused pid is never taken for them.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from sal.errors import CommandFailed, CommandMissing, CommandTimeout

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CLEAN_ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/root"}
MASK = "***"


@dataclass(frozen=True)
class Command:
    """A program to run. `secrets` are masked wherever the command is shown; `hint` is the remedy when it fails."""

    argv: tuple[str, ...]
    input: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 30.0
    output_limit_bytes: int = 4 << 20
    accepted_codes: tuple[int, ...] = (0,)
    secrets: tuple[str, ...] = ()
    hint: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """The argument vector without its secrets."""
        return tuple(_masked(word, self.secrets) for word in self.argv)


@dataclass(frozen=True)
class Output:
    """What a program left: its code and what it wrote, cut at the limit."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """stdout as text."""
        return self.stdout.decode(errors="replace")


class Runner(Protocol):
    """What runs commands. Raises CommandFailed, CommandMissing or CommandTimeout."""

    def run(self, command: Command) -> Output:
        """Runs to the end."""


class SystemRunner:
    """Runs real programs, each in a session of its own that ends with it."""

    def run(self, command: Command) -> Output:
        """See Runner."""
        process = _start(command)
        readers = [_Reader(stream, command.output_limit_bytes) for stream in (process.stdout, process.stderr) if stream]
        _feed(process, command.input)
        try:
            code = process.wait(command.timeout_seconds)
        except subprocess.TimeoutExpired:
            _kill_group(process.pid)
            process.wait()
            problem = f"no end within {command.timeout_seconds:g} s"
            raise CommandTimeout(command.shown, problem, hint=command.hint) from None
        stdout, stderr = (reader.result() for reader in readers)
        if code not in command.accepted_codes:
            text = _masked(stderr.decode(errors="replace"), command.secrets)
            raise CommandFailed(command.shown, code, text, command.hint)
        return Output(code, stdout, stderr)


def _start(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            stdin=subprocess.PIPE if command.input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**CLEAN_ENVIRONMENT, **command.environment},
            start_new_session=True,
        )
    except FileNotFoundError:
        raise CommandMissing(
            command.shown, "not installed", hint=command.hint or f"install {command.argv[0]}"
        ) from None


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    if process.stdin is None:
        return
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        return


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _masked(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


class _Reader:
    """Reads a stream to its end and keeps the first part, so that a chatty program neither blocks nor fills memory."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._limit, self._kept = stream, limit, bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            while chunk := self._stream.read(65_536):
                self._kept += chunk[: max(0, self._limit - len(self._kept))]

    def result(self) -> bytes:
        # A grandchild may hold the pipe open after the program ended: what came until then is the result.
        self._thread.join(1.0)
        return bytes(self._kept)


@dataclass(frozen=True)
class Process:
    """A long-lived program: its pid and the kernel's start time of it (clock ticks since boot)."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        _reap(self.pid)
        return start_time(self.pid) == self.started

    def wait(self, timeout: float) -> bool:
        """Waits for its end; whether it came."""
        deadline = time.monotonic() + timeout
        descriptor = _open_pidfd(self.pid)
        try:
            while self.alive():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                if descriptor is not None:
                    select.select([descriptor], [], [], min(left, 0.5))
                else:
                    time.sleep(min(left, 0.02))
            return True
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def signal(self, number: int) -> None:
        """Sends a signal, to this very process only."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def terminate(self, grace_seconds: float) -> None:
        """SIGTERM, then SIGKILL to its whole session when it is still there after the grace."""
        self.signal(signal.SIGTERM)
        if not self.wait(grace_seconds):
            self.kill()

    def kill(self) -> None:
        """SIGKILL to it and its group."""
        if self.alive():
            if os.getpgid(self.pid) == self.pid:
                _kill_group(self.pid)
            self.signal(signal.SIGKILL)
            self.wait(5.0)


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
) -> Process:
    """Starts a long-lived program in a session of its own; its output is appended to `log`.

    It outlives this process. Raises CommandMissing.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**CLEAN_ENVIRONMENT, **(environment or {})},
                cwd=cwd,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
        except FileNotFoundError:
            raise CommandMissing(argv, "not installed", hint=f"install {argv[0]}") from None
    # The child is ours to reap by pid; Popen must not warn that nobody waited.
    process.returncode = 0
    return Process(process.pid, start_time(process.pid) or 0)


def find(pid: int, started: int) -> Process | None:
    """A process spawned by an earlier run, when it is still that one."""
    process = Process(pid, started)
    return process if process.alive() else None


def start_time(pid: int) -> int | None:
    """When the kernel started the process, in clock ticks since boot; None for none, or for a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _open_pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
