"""What can be wrong with a script or its plan, worded for the person who wrote it."""

from __future__ import annotations

from plans.spelling import printable

LONGEST_MESSAGE = 512


class PlanError(Exception):
    """Root of what this package raises."""


class ScriptError(PlanError):
    """The script gives no plan. `line` and `column` are 1-based, 0 when the whole script is meant.

    The message can hold what the script said: it is one short printable line, for conditions and terminals.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        self.message = printable(message, LONGEST_MESSAGE)
        super().__init__(self.message)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}" if self.line else self.message


class BadPlan(PlanError):
    """Bytes that are no canonical plan."""
