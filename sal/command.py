"""The only door to other programs: argument vectors, a clean environment, time limits, output caps, clear errors.

No shell anywhere. Short programs go through a `Runner`; long-lived ones are spawned and are `sal.process.Process`.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from sal.errors import CommandError, CommandFailed, CommandMissing, CommandTimeout, UnexpectedOutput
from sal.process import Process, child, ends, find, find_by_word, start_time, words

__all__ = [
    "Command",
    "Output",
    "Process",
    "Runner",
    "SystemRunner",
    "checked",
    "find",
    "find_by_word",
    "spawn",
    "start_time",
    "words",
]

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CLEAN_ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/root"}
MASK = "***"
DRAIN_SECONDS = 2.0


@dataclass(frozen=True, repr=False)
class Command:
    """A program to run. `secrets` are masked wherever the command is shown; `hint` is the remedy when it fails.

    `terminal` leaves it on the terminal of this process, where it may ask for a passphrase.
    """

    argv: tuple[str, ...]
    input: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 30.0
    output_limit_bytes: int = 4 << 20
    accepted_codes: tuple[int, ...] = (0,)
    secrets: tuple[str, ...] = ()
    hint: str = ""
    terminal: bool = False

    @property
    def shown(self) -> tuple[str, ...]:
        """The argument vector without its secrets."""
        return tuple(self.masked(word) for word in self.argv)

    def masked(self, text: str) -> str:
        """A text without the command's secrets; the longest first, since one may be part of another."""
        for secret in sorted(filter(None, self.secrets), key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    def __repr__(self) -> str:
        return f"Command({shlex.join(self.shown)})"


@dataclass(frozen=True)
class Output:
    """What a program left: its code and the first part of what it wrote; `cut` when there was more on stdout."""

    code: int
    stdout: bytes
    stderr: bytes
    cut: bool = False

    @property
    def text(self) -> str:
        """stdout as text. Raises UnexpectedOutput when it was cut, since half an answer reads like a whole one."""
        if self.cut:
            raise UnexpectedOutput(f"the program wrote more than the {len(self.stdout)} bytes that were kept")
        return self.stdout.decode(errors="replace")


class Runner(Protocol):
    """What runs commands. Raises CommandFailed, CommandMissing or CommandTimeout."""

    def run(self, command: Command) -> Output:
        """Runs to the end."""


def checked(command: Command, output: Output) -> Output:
    """The output, or CommandFailed when the code is not an accepted one."""
    if output.code not in command.accepted_codes:
        text = command.masked(output.stderr.decode(errors="replace"))
        raise CommandFailed(command.shown, output.code, text, command.hint)
    return output


class SystemRunner:
    """Runs real programs, each in a session of its own; what it leaves behind in its group ends with it."""

    def run(self, command: Command) -> Output:
        """See Runner."""
        process = _start(command)
        readers = [_Reader(stream, command.output_limit_bytes) for stream in (process.stdout, process.stderr) if stream]
        if process.stdin:
            _feed(process.stdin, command.input)
        try:
            ended = _ends(process.pid, command.timeout_seconds)
        finally:
            # It is not reaped yet, so the number of its group is still its own.
            _kill(process.pid, command.terminal)
            code = process.wait()
        (stdout, cut), (stderr, _) = (reader.result() for reader in readers)
        if not ended:
            text = command.masked(stderr.decode(errors="replace"))
            problem = f"no end within {command.timeout_seconds:g} s"
            raise CommandTimeout(command.shown, problem, text, command.hint)
        return checked(command, Output(code, stdout, stderr, cut))


def _start(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            stdin=subprocess.PIPE if command.input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**CLEAN_ENVIRONMENT, **command.environment},
            start_new_session=not command.terminal,
        )
    except OSError as error:
        raise _not_started(command.shown, error, command.hint) from None


def _not_started(argv: Sequence[str], error: OSError, hint: str = "") -> CommandError:
    if isinstance(error, FileNotFoundError):
        return CommandMissing(argv, "not installed", hint=hint or f"install {argv[0]}")
    return CommandError(argv, f"cannot be started: {error.strerror}", hint=hint)


def _ends(pid: int, timeout: float) -> bool:
    descriptor = os.pidfd_open(pid)
    try:
        return ends(descriptor, timeout)
    finally:
        os.close(descriptor)


def _kill(pid: int, terminal: bool) -> None:
    with suppress(ProcessLookupError):
        if not terminal:
            os.killpg(pid, signal.SIGKILL)
            return
        # It is in our own group, and it may have to switch the echo on again.
        os.kill(pid, signal.SIGTERM)
        _ends(pid, 1.0)
        os.kill(pid, signal.SIGKILL)


def _feed(stream: IO[bytes], data: bytes) -> None:
    """Writes beside the reading, so that a program that does not read is still stopped at its time limit."""

    def write() -> None:
        with suppress(BrokenPipeError), stream:
            stream.write(data)

    threading.Thread(target=write, daemon=True).start()


class _Reader:
    """Reads a stream to its end and keeps the first part, so that a chatty program neither blocks nor fills memory."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._limit = stream, limit
        self._kept, self._cut = bytearray(), False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 65_536):
                room = self._limit - len(self._kept)
                self._kept += chunk[:room]
                self._cut = self._cut or len(chunk) > room

    def result(self) -> tuple[bytes, bool]:
        """What was kept, and whether there was more."""
        # A daemon that left its group may hold the pipe open: what came until then is the result.
        self._thread.join(DRAIN_SECONDS)
        return bytes(self._kept), self._cut


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    user: int | None = None,
) -> Process:
    """Starts a long-lived program in a session of its own; its output is appended to `log`.

    With `user` it is that user, in the group of the same number and in no other.
    It outlives this process. Raises CommandMissing, or CommandError when it cannot be started.
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
                user=user,
                group=user,
                extra_groups=None if user is None else (),
            )
        except OSError as error:
            raise _not_started(argv, error) from None
    # The child is ours to reap by pid; Popen must not warn that nobody waited.
    process.returncode = 0
    return child(process.pid)
