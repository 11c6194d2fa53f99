"""What runs in one controller process, and with what it is made."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn

from controllers.loop.cache import Cache
from controllers.loop.controller import Controller
from controllers.loop.kube import Kube
from controllers.loop.lease import Lease
from controllers.loop.metrics import Metrics
from jobs.trace import Tell, untold

Background = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Process:
    """The parts of a process. All begin when every watched kind is listed and, with `leads`, the lease is held.

    caches: kept current though no controller watches them. background: tasks that run for ever; one that ends or fails
    ends the process. closing: awaited last, in order.
    """

    controllers: Sequence[Controller] = ()
    caches: Sequence[Cache] = ()
    servers: Sequence[uvicorn.Config] = ()
    background: Sequence[Background] = ()
    closing: Sequence[Callable[[], Awaitable[None]]] = ()
    leads: bool = True


def utc_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """What a process is composed with. Writes by `kube` are in the process's caches at once.

    `now` and `randomness` (for jitter only) are the machine's, except where time is simulated. `tell` hears of spans.
    """

    kube: Kube
    lease: Lease
    metrics: Metrics
    now: Callable[[], datetime] = utc_now
    randomness: random.Random = field(default_factory=random.Random)
    tell: Tell = untold


Compose = Callable[[Context], Awaitable[Process]]
