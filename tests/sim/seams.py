"""Where product code names `threading` and `time`: for the length of a simulation these names mean virtual ones."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from tests.sim import threads
from tests.sim.signatures import RememberedSigningKey, RememberedVerifyKey

THREADING = SimpleNamespace(
    Thread=threads.Thread,
    Lock=threads.Lock,
    RLock=lambda: threads.Lock(reentrant=True),
    Condition=threads.Condition,
    Event=threads.Event,
    Semaphore=threads.Semaphore,
)
TIME = SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time(), sleep=threads.sleep)
NODE = "node_agent"
REPLACED: dict[str, dict[str, Any]] = {
    f"{NODE}.agent.consumer": {"threading": THREADING, "ThreadPoolExecutor": threads.ThreadPool},
    f"{NODE}.agent.heartbeat": {"threading": THREADING},
    f"{NODE}.agent.process": {"threading": THREADING},
    f"{NODE}.agent.queue": {"threading": THREADING, "time": TIME},
    f"{NODE}.status": {"threading": THREADING},
    f"{NODE}.executor.enrolment": {"threading": THREADING},
    f"{NODE}.executor.locks": {"threading": THREADING},
    f"{NODE}.executor.process": {"threading": THREADING, "print": lambda *_, **__: None},
    f"{NODE}.executor.report": {"threading": THREADING},
    f"{NODE}.executor.resources": {"threading": THREADING},
    f"{NODE}.executor.runner": {"threading": THREADING},
    f"{NODE}.executor.store": {"threading": THREADING},
    "jobs.testing.redis": {"threading": THREADING},
    "nacl.signing": {"SigningKey": RememberedSigningKey, "VerifyKey": RememberedVerifyKey},
}
KNOBS: dict[str, dict[str, Any]] = {
    "controllers.loop.monitor": {"LAG_PROBE_SECONDS": 600.0},
    "controllers.coord.liveness": {"LOOK_SECONDS": 15.0},
    "controllers.ledger.nodes": {"LOOK_SECONDS": 10.0},
    "controllers.supervisor.doors": {"LOOK_SECONDS": 10.0},
    "controllers.supervisor.inbox": {"EVENT_SECONDS": 20.0, "REPORT_SECONDS": 20.0},
    f"{NODE}.agent.consumer": {"CLAIM_SECONDS": 20.0, "CONTROL_SECONDS": 10.0},
    f"{NODE}.executor.keeper": {"REPAIR_SECONDS": 30.0},
}
"""Looks that find nothing cost most of a quiet hour; here they are a few times rarer than in product code.

`node.WATCH_SECONDS`, `plane.LEASE_TIMES` and `plane.RESYNC_TIMES` are three more.
"""

_NOT_THERE = object()


@contextmanager
def simulated() -> Iterator[None]:
    """The names are replaced within."""
    kept: list[tuple[Any, str, Any]] = []
    for module_name, names in [*REPLACED.items(), *KNOBS.items()]:
        import_module(module_name)
        module = sys.modules[module_name]
        for name, value in names.items():
            kept.append((module, name, module.__dict__.get(name, _NOT_THERE)))
            setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in reversed(kept):
            if value is _NOT_THERE:
                delattr(module, name)
            else:
                setattr(module, name, value)
