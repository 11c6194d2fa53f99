"""One storm: a cloud of four nodes, twenty machines rolled out while faults are at work, then the comparison."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import workload
from tests.chaos.arena import NODES, Arena
from tests.chaos.checker import violations
from tests.chaos.evidence import gather
from tests.chaos.faults.table import FAULTS
from tests.chaos.keepsake import keep
from tests.chaos.plan import Blow, draw
from tests.chaos.user import User
from tests.chaos.watcher import Watcher
from tests.chaos.workload import Wish
from tests.cloud.leftovers import leftovers

CONVERGE_SECONDS = 420.0
SETTLE_SECONDS = 5.0


@dataclass
class Outcome:
    """How a storm went. `converged` is seconds since the last fault was undone, None when it never was."""

    seed: int
    blows: list[Blow] = field(default_factory=list)
    converged: float | None = None
    probe: float | None = None
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)
    lives: int = 0
    effects: int = 0


def storm(seed: int, say: Callable[[str], None], kept: Path | None = None, only: str = "") -> Outcome:
    """Plays a seed. `only` leaves out all faults but those of this name; `kept` is where a failed one is kept."""
    blows = [blow for blow in draw(seed, FAULTS, NODES) if only in blow.fault]
    return play(Outcome(seed, blows), workload.WISHES, NODES, say, kept)


def play(
    outcome: Outcome,
    wishes: Sequence[Wish],
    nodes: int,
    say: Callable[[str], None],
    kept: Path | None = None,
) -> Outcome:
    """Brings a cloud up, rolls out what is wished for while the blows fall, compares, and takes it down."""
    began, seed = time.monotonic(), outcome.seed
    arena = Arena(Path(tempfile.mkdtemp(prefix="hpc-")), nodes)
    try:
        arena.up()
        say(f"seed {seed}: {arena.count} nodes after {time.monotonic() - began:.0f} s")
        _play(arena, outcome, wishes, say)
    except (AssertionError, Exception) as error:
        outcome.broken.append(f"{type(error).__name__}: {error}")
    finally:
        if outcome.broken and kept:
            keep(arena, kept / f"seed-{seed}")
        arena.down()
        outcome.broken += [f"left behind: {each}" for each in leftovers(arena.demo.layout)]
    outcome.seconds = time.monotonic() - began
    return outcome


def _play(arena: Arena, outcome: Outcome, wishes: Sequence[Wish], say: Callable[[str], None]) -> None:
    user, watcher = User(arena, wishes), Watcher(arena.demo.layout.folder)
    watcher.begin()
    user.want(wishes[0])
    user.look()
    arena.demo.await_ready(workload.UNCHANGED)
    began = time.monotonic()
    user.begin(already=workload.UNCHANGED)
    outcome.broken += unleash(arena, outcome.blows, say)
    arena.pause(max(0.0, began + wishes[-1].at - time.monotonic()))
    over = time.monotonic()
    while not is_as_wanted(arena, user):
        if time.monotonic() > over + CONVERGE_SECONDS:
            outcome.broken.append(f"not as wanted {CONVERGE_SECONDS:.0f} s after the storm\n{arena.picture()}")
            break
        time.sleep(0.5)
    else:
        outcome.converged = time.monotonic() - over
        say(f"seed {outcome.seed}: as wanted {outcome.converged:.1f} s after the storm")
    user.end()
    arena.pause(SETTLE_SECONDS)
    running = watcher.now()
    evidence = gather(arena, watcher.end(), running)
    outcome.lives, outcome.effects = len(evidence.lives), len(evidence.effects)
    outcome.broken += violations(evidence, user.wanted, wishes)
    if outcome.converged is not None:
        outcome.probe = _probe(arena)


def is_as_wanted(arena: Arena, user: User) -> bool:
    """Whether everything is applied and Ready."""
    return user.satisfied and all(arena.is_ready(name) for name in user.wanted)


def _probe(arena: Arena) -> float:
    """After a storm the cloud does new work as if nothing had been, and removes without a rest."""
    began = time.monotonic()
    arena.deploy("probe", 1)
    seconds = time.monotonic() - began
    arena.delete("probe")
    return seconds


def unleash(arena: Arena, blows: list[Blow], say: Callable[[str], None]) -> list[str]:
    """Each blow in a thread of its own, for undoing one must not wait for another. Returns what could not be done."""
    began, trouble = time.monotonic(), list[str]()

    def strike(blow: Blow) -> None:
        try:
            _strike(arena, blow, began, say)
        except Exception as error:
            trouble.append(f"{blow.fault} could not be played: {type(error).__name__}: {error}")

    threads = [threading.Thread(target=strike, args=(blow,)) for blow in blows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return trouble


def _strike(arena: Arena, blow: Blow, began: float, say: Callable[[str], None]) -> None:
    fault = FAULTS[blow.fault]
    arena.pause(max(0.0, began + blow.at - time.monotonic()))
    with arena.groups.setdefault((fault.group, blow.node), threading.Lock()):
        say(f"    {time.monotonic() - began:6.1f} s  {str(blow)[10:]}")
        undo = fault.begin(arena, blow.node)
        arena.pause(blow.seconds)
        undo()
