"""Compares what everybody says after a storm: nothing lost, nothing twice, nothing restarted that was not hit. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations, pairwise

from tests.chaos.evidence import Effect, Evidence
from tests.chaos.workload import Wish, lives, machines, volumes

ONCE = ("root.create", "volume.create")
ONCE_PER_LIFE = ("machine.start", "port.create")
REMOVALS = ("machine.remove", "volume.bin", "volume.destroy")


def violations(evidence: Evidence, wanted: Mapping[str, Wish], wishes: Iterable[Wish]) -> list[str]:
    """Every promise that was broken, as a sentence; `wanted` in the end, `wishes` all along."""
    checks = (
        lost(evidence, wanted),
        extra(evidence, wanted),
        disagreeing(evidence),
        effects_twice(evidence),
        at_two_places(evidence),
        restarted(evidence, tuple(wishes)),
        forgotten(evidence),
        damaged(evidence),
    )
    return [sentence for check in checks for sentence in check]


def lost(evidence: Evidence, wanted: Mapping[str, Wish]) -> Iterator[str]:
    """What the user wants and is not there as it should be."""
    hosts = {row.name: row.host for row in evidence.rows if row.kind == "machine"}
    ready = {(each.kind, each.name) for each in evidence.objects if each.ready}
    for name, mebibytes in machines(wanted).items():
        life = evidence.running.get(hosts.get(name, ""))
        if life is None:
            yield f"machine {name} is wanted and does not run"
        elif life.mebibytes != mebibytes:
            yield f"machine {name} runs with {life.mebibytes} MiB, {mebibytes} MiB are wanted"
        if ("machine", name) not in ready:
            yield f"machine {name} is not Ready in the API"
    for name in volumes(wanted):
        if ("volume", name) not in ready:
            yield f"volume {name} is not Ready in the API"


def extra(evidence: Evidence, wanted: Mapping[str, Wish]) -> Iterator[str]:
    """What is there and nobody wants: in the API, in a node's table, as a process, on a disk."""
    names = {("machine", name) for name in machines(wanted)} | {("volume", name) for name in volumes(wanted)}
    for each in evidence.objects:
        if (each.kind, each.name) not in names:
            yield f"{each.kind} {each.name} is in the API and nobody wants it"
    for row in evidence.rows:
        if (row.kind, row.name) not in names:
            yield f"node {row.node} keeps {row.kind} {row.name}, which nobody wants"
    kept = {(row.node, row.host) for row in evidence.rows}
    for life in evidence.running.values():
        if (life.node, life.host) not in kept:
            yield f"process {life.pid} of {life.host} runs on node {life.node} and is in no table"
    for node, host in evidence.disks:
        if (node, host) not in kept:
            yield f"{host} is on the disk of node {node} and in no table"


def disagreeing(evidence: Evidence) -> Iterator[str]:
    """API and tables of the nodes name the same things at the same places, each once."""
    said = Counter((each.kind, each.name, each.node) for each in evidence.objects)
    kept = Counter((row.kind, row.name, row.node) for row in evidence.rows)
    for kind, name, node in sorted((said - kept).keys()):
        yield f"the API has {kind} {name} on node {node}, which does not keep it"
    for kind, name, node in sorted((kept - said).keys()):
        yield f"node {node} keeps {kind} {name}, the API does not have it there"
    fences = {(each.kind, each.name, each.node): (each.epoch, each.generation) for each in evidence.objects}
    for row in evidence.rows:
        at = fences.get((row.kind, row.name, row.node))
        if at is not None and at < (row.epoch, row.generation):
            held = (row.epoch, row.generation)
            yield f"{row.kind} {row.name} is at {at} in the API, behind {held} of node {row.node}"


def hits_of(evidence: Evidence, host: str, node: int) -> int:
    """How many faults ended this machine."""
    return sum(1 for hit in evidence.hits if hit.node == node and hit.host in ("", host))


def effects_twice(evidence: Evidence) -> Iterator[str]:
    """No effect twice for one generation of one placement, but for starts after a hit; a removal begins anew."""
    removed, seen = Counter[tuple[int, str]](), Counter[tuple[Effect, int]]()
    for each in evidence.effects:
        if each.effect in REMOVALS:
            removed[each.node, each.subject] += 1
        elif each.effect in (*ONCE, *ONCE_PER_LIFE):
            seen[replace(each, boot=""), removed[each.node, each.subject]] += 1
    for (effect, _), count in seen.items():
        allowed = 1 + (hits_of(evidence, effect.host, effect.node) if effect.effect in ONCE_PER_LIFE else 0)
        if count > allowed:
            at = f"{effect.epoch}.{effect.generation} on node {effect.node}"
            yield f"{effect.effect} of {effect.subject} at {at} came {count} times, {allowed} allowed"


def at_two_places(evidence: Evidence) -> Iterator[str]:
    """No machine has two processes at one time, on one node or on two."""
    for one, other in combinations(evidence.lives, 2):
        if one.host == other.host and one.first <= other.last and other.first <= one.last:
            yield f"{one.host} ran as process {one.pid} of node {one.node} and {other.pid} of node {other.node} at once"


def restarted(evidence: Evidence, wishes: tuple[Wish, ...]) -> Iterator[str]:
    """No machine has more lives than changes that its user signed and faults that ended it."""
    names = {(row.node, row.host): row.name for row in evidence.rows if row.kind == "machine"}
    counted = Counter((life.node, life.host) for life in evidence.lives)
    for (node, host), count in sorted(counted.items()):
        name = names.get((node, host))
        if name is None:
            continue
        allowed = lives(name, wishes) + hits_of(evidence, host, node)
        if count > allowed:
            yield f"machine {name} had {count} lives on node {node}, {allowed} allowed"


def forgotten(evidence: Evidence) -> Iterator[str]:
    """A volume keeps what was written: each boot finds the number of the one before."""
    for name, numbers in sorted(evidence.boots.items()):
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            yield f"the volume of machine {name} forgot: its boots read {numbers}"


def damaged(evidence: Evidence) -> Iterator[str]:
    """Journals are whole, and no job is left without an end."""
    for node, word in sorted(evidence.journal.items()):
        if word != "ok":
            yield f"the journal of node {node} is damaged: {word}"
    for name in evidence.open_jobs:
        yield f"job {name} has no end"
