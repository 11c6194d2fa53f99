"""One trace for each revision of a deployment, under numbers that everybody works out for himself.

Nothing about it is carried from hop to hop: tenant, place and revision are in what users sign, so each hop takes the
trace from what it has verified, and nobody can slip a node somebody else's. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class Trace:
    """The trace of a revision; `id` as W3C Trace Context has it."""

    id: str

    def span(self, *parts: str) -> str:
        """The id of a hop's span: of `apply`, of `job` and its uid."""
        return _digest(self.id, *parts)[:16]


def trace_of(tenant: str, namespace: str, name: str, revision: int) -> Trace:
    """The trace of a revision of a deployment."""
    return Trace(_digest("hardpan-trace", tenant, namespace, name, str(revision))[:32])


def _digest(*parts: str) -> str:
    """The lengths keep one part from reaching into the next."""
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


@dataclass(frozen=True)
class Span:
    """What one hop did, in seconds since 1970. `link` is a traceparent that somebody else gave."""

    trace: str
    id: str
    name: str
    began: float
    ended: float
    parent: str = ""
    good: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    link: str = ""


Tell = Callable[[Span], None]
"""Hears of spans; it must not wait."""


def untold(span: Span) -> None:
    """Nobody wants to hear of spans."""


def teller(endpoint: str, service: str) -> Tell:
    """Who hears of spans of this service; nobody, at no cost, without a collector."""
    if not endpoint:
        return untold
    # Its HTTP client takes memory that a process without a collector does not spend.
    from jobs.tracing import Exporter

    return Exporter(f"{endpoint.rstrip('/')}/v1/traces", service).tell
