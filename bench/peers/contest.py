"""Our queue beside RQ, arq, dramatiq, Celery and taskiq: the same no-op job, in turn, on the same Redis, in one run.

One core: Redis and one worker share it, so that the rate is processor time per job and nothing else. Two cores: each
at its best setting. Quiet: single jobs after a silence, one worker, both cores.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.peers.arena import Arena, arena
from bench.peers.field import FIELD, Contestant
from bench.peers.processes import Group, run
from bench.report import percentile

ROUNDS = 3
QUIET_JOBS, SILENCE_SECONDS = 20, 0.2
WARM_SHARE = 0.05
PATIENCE_SECONDS = 120.0
ONE_CORE, BOTH_CORES = "1", "0,1"


@dataclass
class Score:
    """All that was measured of one contestant."""

    alone: list[float] = field(default_factory=list)
    worker_ms: list[float] = field(default_factory=list)
    redis_ms: list[float] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    quiet: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Drained:
    """Jobs per second, and milliseconds of processor time per job."""

    rate: float
    worker_ms: float
    redis_ms: float


def contest(rounds: int = ROUNDS, field_: Sequence[Contestant] = FIELD) -> dict[str, Score]:
    """Everybody once per round, so that the machine's moods fall on all."""
    scores: dict[str, Score] = defaultdict(Score)
    for _ in range(rounds):
        for each in field_:
            print(f"  {each.name}", file=sys.stderr, flush=True)
            score = scores[each.name]
            alone = drain(each, ONE_CORE, (each.alone,))
            score.alone.append(alone.rate)
            score.worker_ms.append(alone.worker_ms)
            score.redis_ms.append(alone.redis_ms)
            score.best.append(drain(each, BOTH_CORES, each.best).rate)
            score.quiet.extend(quiet(each))
    return scores


def drain(contestant: Contestant, cores: str, settings: Sequence[str]) -> Drained:
    """Fills the queue, starts the workers, and looks from 5 % done until all is done."""
    count = contestant.jobs * (1 if cores == ONE_CORE else 2)
    with arena(contestant, cores, len(settings)) as made:
        run([*made.command, "fill", count], BOTH_CORES, made.environment, PATIENCE_SECONDS)
        workers = _start(made, cores, settings)
        try:
            first = _wait_until(made, contestant, workers, count, int(count * (1 - WARM_SHARE)))
            began, used, redis_used = time.perf_counter(), _cpu(workers), made.redis_seconds()
            last = _wait_until(made, contestant, workers, count, 0)
            took, jobs = time.perf_counter() - began, first - last
            worker, server = _cpu(workers) - used, made.redis_seconds() - redis_used
            return Drained(jobs / took, worker / jobs * 1000, server / jobs * 1000)
        finally:
            for each in workers:
                each.stop()


def quiet(contestant: Contestant) -> list[float]:
    """Milliseconds of single jobs from placing to result."""
    setting = contestant.alone.replace("threads:8", "prefork:1")
    with arena(contestant, BOTH_CORES, 1) as made:
        # A queue that was used before: the streams' groups are there when the worker comes.
        run([*made.command, "fill", 1], BOTH_CORES, made.environment, PATIENCE_SECONDS)
        workers = _start(made, BOTH_CORES, (setting,))
        try:
            words = [*made.command, "quiet", QUIET_JOBS, SILENCE_SECONDS]
            found = json.loads(run(words, BOTH_CORES, made.environment, PATIENCE_SECONDS))
            return [float(each) for each in found]
        finally:
            for each in workers:
                each.stop()


def _start(made: Arena, cores: str, settings: Sequence[str]) -> list[Group]:
    log = made.folder / "worker.log"
    return [Group([*made.command, "work", setting], cores, log, made.environment) for setting in settings]


def _wait_until(made: Arena, contestant: Contestant, workers: Sequence[Group], placed: int, most: int) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := contestant.left(made.client, placed)) > most:
        if any(each.ended for each in workers) or time.monotonic() > deadline:
            words = (made.folder / "worker.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{contestant.name}: {left} of {placed} jobs left; its worker says: {words}")
        time.sleep(0.01)
    return left


def _cpu(workers: Sequence[Group]) -> float:
    return sum(each.cpu_seconds() for each in workers)


def middle(values: Sequence[float]) -> str:
    """Median and spread."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}–{max(values):,.0f})"


def table(scores: dict[str, Score]) -> str:
    """As it stands in docs/benchmarks.md."""
    lines = [
        "| system | one worker, one core: jobs/s | processor ms per job: worker + Redis | two cores: jobs/s "
        "| quiet p50 / p99 ms |",
        "|---|---|---|---|---|",
    ]
    for name, score in scores.items():
        worker, server = statistics.median(score.worker_ms), statistics.median(score.redis_ms)
        fast, slow = percentile(score.quiet, 0.5), percentile(score.quiet, 0.99)
        lines.append(
            f"| {name} | {middle(score.alone)} | {worker:.2f} + {server:.2f} | {middle(score.best)} "
            f"| {fast:.1f} / {slow:.1f} |"
        )
    promises = [f"- {each.name}: {each.promise}." for each in FIELD if each.name in scores]
    return "\n".join([*lines, "", "What each promises:", *promises])
