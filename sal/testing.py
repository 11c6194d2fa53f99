"""Fakes of the command seam: scripted answers, recorded commands, and failure for what was not expected."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from sal.command import Command, Output, checked

Answer = Callable[[Command], Output]


class UnexpectedCommand(AssertionError):
    """The code under test ran a command that the test did not script."""


class FakeRunner:
    """Answers commands whose joined words match a glob; the first match counts."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self._answers: list[tuple[str, Answer]] = []

    def on(self, pattern: str, stdout: bytes = b"", *, code: int = 0, stderr: bytes = b"") -> FakeRunner:
        """Scripts the answer to commands like `pattern`."""
        return self.on_call(pattern, lambda _: Output(code, stdout, stderr))

    def on_call(self, pattern: str, answer: Answer) -> FakeRunner:
        """As `on`, with a function of the command."""
        self._answers.append((pattern, answer))
        return self

    def run(self, command: Command) -> Output:
        """See sal.command.Runner."""
        self.commands.append(command)
        words = " ".join(command.argv)
        for pattern, answer in self._answers:
            if fnmatchcase(words, pattern):
                return checked(command, answer(command))
        raise UnexpectedCommand(words)
