"""Fakes of this package's seams, shipped beside them: a clock that tests move, a scripted gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from node_agent.agent.gateway import Challenge, Registered, Reported
from node_agent.clock import render
from node_agent.errors import NodeError

Answer = TypeVar("Answer")
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process dies here; nothing after it happens."""


class FakeClock:
    """Time that passes only when told."""

    def __init__(self, now: datetime = START) -> None:
        self.moment = now
        self.seconds = 1000.0

    def now(self) -> datetime:
        """See Clock."""
        return self.moment

    def timestamp(self) -> str:
        """See Clock."""
        return render(self.moment)

    def elapsed(self) -> float:
        """See Clock."""
        return self.seconds

    def raise_floor(self, at_least: datetime) -> None:
        """See Clock."""
        self.moment = max(self.moment, at_least)

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


class FakeEffects:
    """An effects log in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def note(self, effect: str, subject: str, **details: str | int) -> None:
        """See EffectsLog."""
        self.lines.append((effect, subject))


@dataclass
class FakeGateway:
    """A gateway that gives the answers it was given; an exception among them is raised."""

    bundle: bytes
    answers: list[Registered | NodeError]
    reports: list[Reported | NodeError] = field(default_factory=list)
    seal: Callable[[str], bytes] = lambda envelope: b""
    seen: list[tuple[str, str]] = field(default_factory=list)

    def challenge(self, node: str) -> Challenge:
        """See Gateway."""
        return Challenge(nonce="bm9uY2U=", server_time=render(START))

    def register(self, envelope: str) -> Registered:
        """See Gateway."""
        self.seen.append(("register", envelope))
        return _next(self.answers)

    def report(self, envelope: str) -> Reported:
        """See Gateway."""
        self.seen.append(("report", envelope))
        return _next(self.reports)

    def credentials(self, envelope: str) -> bytes:
        """See Gateway."""
        self.seen.append(("credentials", envelope))
        return self.seal(envelope)

    def trust(self) -> bytes:
        """See Gateway."""
        return self.bundle


def _next(answers: list[Answer | NodeError]) -> Answer:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, NodeError):
        raise answer
    return answer
