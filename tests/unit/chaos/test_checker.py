"""The comparison after a storm finds what is planted in a history that is in order, and finds nothing in that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.arena import Hit
from tests.chaos.checker import violations
from tests.chaos.evidence import Effect, Evidence, Object, Row
from tests.chaos.watcher import Life
from tests.chaos.workload import WITH_VOLUMES, Wish

WISHES = (Wish(0.0, "calm", 2, 96, WITH_VOLUMES),)
WANTED = {"calm": WISHES[0]}
NODES = (1, 2)


def life(number: int, pid: int, first: float = 10.0, last: float = 100.0, node: int = 0) -> Life:
    """A process of calm-NUMBER."""
    return Life(f"m-{number}", node or NODES[number], pid, pid, first, last, 96)


def effect(name: str, number: int, **changes: int) -> Effect:
    """An effect on calm-NUMBER or its volume."""
    kind, subject = ("machine", f"calm-{number}") if "volume" not in name else ("volume", f"calm-data-{number}")
    whole = Effect(NODES[number], "boot", name, f"{kind}/demo/{subject}", f"{kind[0]}-{number}", 1, 1)
    return replace(whole, **changes)


def in_order() -> Evidence:
    """Two machines with a volume each, on a node each, made and started once."""
    lives = tuple(life(number, 100 + number) for number in (0, 1))
    names = [(kind, f"calm{part}-{n}", n) for kind, part in (("machine", ""), ("volume", "-data")) for n in (0, 1)]
    return Evidence(
        lives=lives,
        running={each.host: each for each in lives},
        effects=tuple(effect(e, n) for e in ("volume.create", "root.create", "machine.start") for n in (0, 1)),
        objects=tuple(Object(kind, name, NODES[n], 1, 1, True) for kind, name, n in names),
        rows=tuple(Row(NODES[n], kind, name, f"{kind[0]}-{n}", 1, 1, "running") for kind, name, n in names),
        disks=tuple((NODES[n], f"{kind}-{n}") for kind in "mv" for n in (0, 1)),
        boots={"calm-0": (1,), "calm-1": (1,)},
        journal=dict.fromkeys(NODES, "ok"),
    )


def test_a_history_in_order_breaks_no_promise() -> None:
    assert violations(in_order(), WANTED, WISHES) == []


BAD: dict[str, tuple[Callable[[Evidence], Evidence], str]] = {
    "a machine that does not run": (
        lambda e: replace(e, running={"m-0": e.running["m-0"]}),
        "machine calm-1 is wanted and does not run",
    ),
    "a machine of the wrong size": (
        lambda e: replace(e, running={**e.running, "m-1": replace(e.running["m-1"], mebibytes=64)}),
        "machine calm-1 runs with 64 MiB, 96 MiB are wanted",
    ),
    "a volume that is not Ready": (
        lambda e: replace(e, objects=(*e.objects[:3], replace(e.objects[3], ready=False))),
        "volume calm-data-1 is not Ready in the API",
    ),
    "an object that nobody wants": (
        lambda e: replace(e, objects=(*e.objects, Object("machine", "crew-0", 1, 1, 1, True))),
        "machine crew-0 is in the API and nobody wants it",
    ),
    "an orphan in a table": (
        lambda e: replace(e, rows=(*e.rows, Row(2, "machine", "crew-0", "m-9", 1, 1, "running"))),
        "node 2 keeps machine crew-0, which nobody wants",
    ),
    "an orphan process": (
        lambda e: replace(e, running={**e.running, "m-9": replace(life(0, 9), host="m-9")}),
        "process 9 of m-9 runs on node 1 and is in no table",
    ),
    "an orphan on a disk": (
        lambda e: replace(e, disks=(*e.disks, (2, "v-9"))),
        "v-9 is on the disk of node 2 and in no table",
    ),
    "one machine on two nodes": (
        lambda e: replace(e, lives=(*e.lives, life(0, 200, 50.0, 60.0, node=2))),
        "m-0 ran as process 100 of node 1 and 200 of node 2 at once",
    ),
    "a machine restarted that nothing hit": (
        lambda e: replace(e, lives=(life(0, 99, 1.0, 9.0), *e.lives)),
        "machine calm-0 had 2 lives on node 1, 1 allowed",
    ),
    "a machine started twice": (
        lambda e: replace(e, effects=(*e.effects, effect("machine.start", 0))),
        "machine.start of machine/demo/calm-0 at 1.1 on node 1 came 2 times, 1 allowed",
    ),
    "a volume made twice": (
        lambda e: replace(e, effects=(*e.effects, effect("volume.create", 0))),
        "volume.create of volume/demo/calm-data-0 at 1.1 on node 1 came 2 times, 1 allowed",
    ),
    "a volume that forgot": (
        lambda e: replace(e, boots={"calm-0": (1, 1)}),
        "the volume of machine calm-0 forgot: its boots read (1, 1)",
    ),
    "an API behind its node": (
        lambda e: replace(e, rows=(replace(e.rows[0], generation=3), *e.rows[1:])),
        "machine calm-0 is at (1, 1) in the API, behind (1, 3) of node 1",
    ),
    "a damaged journal": (
        lambda e: replace(e, journal={1: "ok", 2: "malformed"}),
        "the journal of node 2 is damaged: malformed",
    ),
    "a job without an end": (lambda e: replace(e, open_jobs=("calm-1",)), "job calm-1 has no end"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_broken_promise_is_named(what: str) -> None:
    change, sentence = BAD[what]
    assert sentence in violations(change(in_order()), WANTED, WISHES)


def test_a_machine_may_live_again_after_it_was_hit() -> None:
    hit = Hit(9.5, 1, "m-0")
    lives = (life(0, 99, 1.0, 9.0), *in_order().lives)
    twice = replace(in_order(), lives=lives, effects=(*in_order().effects, effect("machine.start", 0)))
    assert violations(replace(twice, hits=(hit,)), WANTED, WISHES) == []
    assert violations(replace(twice, hits=(Hit(9.5, 2),)), WANTED, WISHES) != []


def test_what_was_removed_may_be_made_again() -> None:
    again = [effect("machine.remove", 0), effect("root.create", 0), effect("machine.start", 0)]
    lives = in_order().lives
    assert violations(replace(in_order(), effects=(*in_order().effects, *again), lives=lives), WANTED, WISHES) == []
