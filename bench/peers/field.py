"""Who takes part, at which settings, and how the contest sees from outside what each has left to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Left = Callable[[Any, int], int]


@dataclass(frozen=True)
class Contestant:
    """`alone` is the setting of one worker, `best` those of the processes that use two cores best.

    `left` tells from Redis and the number of jobs placed how many are not acknowledged yet, their results stored.
    """

    name: str
    jobs: int
    alone: str
    best: tuple[str, ...]
    left: Left
    promise: str
    package: str = ""
    tls: bool = False
    promised: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is ours."""
        return not self.package


def _events(client: Any, placed: int) -> int:
    return placed - sum(int(client.xlen(key)) for key in client.keys("nq:*:ev"))


def _rq(client: Any, placed: int) -> int:
    return placed - int(client.zcard("rq:finished:jobs"))


def _arq(client: Any, placed: int) -> int:
    return int(client.zcard("arq:queue"))


def _dramatiq(client: Any, placed: int) -> int:
    return int(client.hlen("dramatiq:default.msgs"))


def _celery(client: Any, placed: int) -> int:
    return int(client.llen("celery")) + int(client.hlen("unacked"))


def _taskiq(client: Any, placed: int) -> int:
    group = client.xinfo_groups("taskiq")[0]
    return placed if group["lag"] is None else int(group["lag"]) + int(group["pending"])


FIELD = (
    Contestant(
        "hardpan, as promised", 300, "0", ("0", "1"), _events,
        "TLS, access rules; user's and supervisor's signatures checked, every step in a journal with fsync, signed "
        "receipt, then acknowledged; a killed worker's job is taken up at once and not repeated",
        tls=True, promised=True,
    ),
    Contestant(
        "hardpan, queue with TLS", 2000, "0", ("0", "1"), _events,
        "TLS, access rules; lease and fence; acknowledged with the receipt in one step",
        tls=True,
    ),
    Contestant(
        "hardpan, bare queue", 3000, "0", ("0", "1"), _events,
        "lease and fence; acknowledged with the receipt in one step",
    ),
    Contestant(
        "RQ", 400, "", ("",) * 4, _rq,
        "taken off the list when it begins; a monitor finds a dead worker's job after a minute, repeated",
        "rq",
    ),
    Contestant(
        "arq", 1000, "", ("",) * 2, _arq,
        "kept until it ends; a dead worker's job comes again after its time-out, repeated",
        "arq",
    ),
    Contestant(
        "dramatiq", 2500, "", ("",) * 2, _dramatiq,
        "acknowledged after the work; a dead worker's job comes again after a minute or more, repeated",
        "dramatiq",
    ),
    Contestant(
        "Celery", 800, "threads:8", ("prefork:2",), _celery,
        "acknowledged after the work (not its default); comes again after the visibility time-out, repeated",
        "celery",
    ),
    Contestant(
        "taskiq", 1500, "", ("",) * 2, _taskiq,
        "acknowledged when the result is stored; comes again after 10 min, if other work arrives, repeated",
        "taskiq",
    ),
)  # fmt: skip
