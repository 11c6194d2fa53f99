"""What can go wrong with the machine, named by what the caller can do about it."""

from __future__ import annotations

import errno
import os
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class SalError(Exception):
    """Root of what this package raises."""


class NotFound(SalError):
    """The thing asked for is not there."""


class Busy(SalError):
    """Something holds it just now: try again after a pause."""


class NoSpace(SalError):
    """The disk or a quota is full: free some, or grow it."""


class Refused(SalError):
    """What was asked for is never done; the message says what to ask for instead."""


class UnexpectedOutput(SalError):
    """A tool answered in a way that this version does not know."""


class CommandError(SalError):
    """A program did not do its work. The message can be pasted into a shell to try again."""

    def __init__(self, argv: Sequence[str], problem: str, stderr: str = "", hint: str = "") -> None:
        lines = [f"{shlex.join(argv)}: {problem}", *stderr.strip().splitlines()[-5:], hint]
        super().__init__("\n  ".join(line for line in lines if line))
        self.argv = tuple(argv)
        self.stderr = stderr


class CommandFailed(CommandError):
    """The program ended with a code that was not expected."""

    def __init__(self, argv: Sequence[str], code: int, stderr: str = "", hint: str = "") -> None:
        super().__init__(argv, meaning(code), stderr, hint)
        self.code = code


class CommandMissing(CommandError):
    """The program is not installed."""


class CommandTimeout(CommandError):
    """The program took too long and was killed with all that it had started."""


def meaning(code: int) -> str:
    """An exit code in words: a number, or the signal that ended the program."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def from_os(error: OSError, what: object) -> SalError:
    """The operating system's refusal of `what` (a path, or words), by what the caller can do."""
    text = f"{what}: {os.strerror(error.errno or 0)}"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFound(text)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"{text}: free some space, or grow the pool")
    return Busy(text) if error.errno in (errno.EBUSY, errno.ETXTBSY) else SalError(text)


@contextmanager
def os_errors(what: object) -> Iterator[None]:
    """Translates what the operating system refuses within."""
    try:
        yield
    except OSError as error:
        raise from_os(error, what) from error
