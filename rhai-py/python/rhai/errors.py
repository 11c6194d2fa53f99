"""What a script can fail with. The classes live here because an abi3 extension cannot define exceptions with fields."""

from __future__ import annotations


class RhaiError(Exception):
    """A script failed at `line` and `column` (1-based, 0 when unknown); `calls` is the way there, outermost first."""

    def __init__(
        self,
        message: str,
        *,
        line: int = 0,
        column: int = 0,
        kind: str = "",
        function: str = "",
        calls: list[tuple[str, int, int]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.kind = kind
        self.function = function
        self.calls = calls or []


class ParseError(RhaiError):
    """The text is no script."""


class EvalError(RhaiError):
    """The script failed while it ran; `function` is what was not found, when that was the reason."""


class LimitExceeded(RhaiError):
    """A bound was reached; `kind` names it: operations, time, memory, size, calls, variables, depth, text, …"""


class EngineFailed(RhaiError):
    """The engine itself failed on this script: a defect of it or of the binding. Only this run is lost."""
