"""A check: something to look at, and what was found, each with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Ground = TypeVar("Ground", contravariant=True)


class State(StrEnum):
    """What a finding means: only `wrong` makes the exit code 1."""

    WELL = "well"
    SOON = "soon"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One sentence, and what to do about it."""

    state: State
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Check(Generic[Ground]):
    """A look at one thing. `look` may raise CliError or SalError when it cannot."""

    name: str
    look: Callable[[Ground], Iterable[Finding]]


def well(message: str) -> Finding:
    """As it should be."""
    return Finding(State.WELL, message)


def soon(message: str, remedy: str) -> Finding:
    """Works, and will not for long, or not as well as it could."""
    return Finding(State.SOON, message, remedy)


def wrong(message: str, remedy: str) -> Finding:
    """Does not work."""
    return Finding(State.WRONG, message, remedy)


def skipped(message: str, remedy: str = "") -> Finding:
    """Was not looked at."""
    return Finding(State.SKIPPED, message, remedy)
