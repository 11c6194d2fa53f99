"""What is there after a storm, from everybody who knows something: processes, effects, journals, disks, API."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.demo.people import TENANT
from tests.chaos.arena import Arena, Hit
from tests.chaos.watcher import Life

BOOT = re.compile(r"hardpan-guest: (\S+) boot (\d+) of volume")


@dataclass(frozen=True)
class Effect:
    """One line of an effects log."""

    node: int
    boot: str
    effect: str
    subject: str
    host: str
    epoch: int
    generation: int


@dataclass(frozen=True)
class Object:
    """A Machine or Volume of the API."""

    kind: str
    name: str
    node: int
    epoch: int
    generation: int
    ready: bool


@dataclass(frozen=True)
class Row:
    """A line of a node's table."""

    node: int
    kind: str
    name: str
    host: str
    epoch: int
    generation: int
    state: str


@dataclass(frozen=True)
class Evidence:
    """All of it. `boots` are the numbers that guests printed of their volume, by machine; `open_jobs` have no end."""

    lives: tuple[Life, ...] = ()
    running: Mapping[str, Life] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    objects: tuple[Object, ...] = ()
    rows: tuple[Row, ...] = ()
    disks: tuple[tuple[int, str], ...] = ()
    boots: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    open_jobs: tuple[str, ...] = ()
    journal: Mapping[int, str] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()


def gather(arena: Arena, lives: tuple[Life, ...], running: Mapping[str, Life]) -> Evidence:
    """Asks everybody."""
    return Evidence(
        lives,
        running,
        tuple(_effect(each) for each in arena.effects()),
        tuple(_object(kind, each, arena.homes) for kind, each in _objects(arena)),
        tuple(row for number in arena.expected for row in _rows(arena, number)),
        tuple((number, each) for number in arena.expected for each in _disks(arena, number)),
        _boots(arena),
        tuple(_open_jobs(arena)),
        {number: _journal(arena, number) for number in arena.expected},
        tuple(arena.hits),
    )


def _effect(line: Mapping[str, object]) -> Effect:
    return Effect(
        int(str(line["node"])),
        str(line["boot"]),
        str(line["effect"]),
        str(line["subject"]),
        str(line.get("host", "")),
        int(str(line.get("epoch", 0))),
        int(str(line.get("generation", 0))),
    )


def _objects(arena: Arena) -> list[tuple[str, dict[str, Any]]]:
    kinds = {"machine": "machines.hardpan.dev", "volume": "volumes.hardpan.dev"}
    return [(kind, each) for kind, plural in kinds.items() for each in arena.kubectl.list(plural, TENANT)]


def _object(kind: str, seen: dict[str, Any], homes: Mapping[str, int]) -> Object:
    spec, status = seen["spec"], seen.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    home = homes.get(spec["node"], 0)
    return Object(kind, seen["metadata"]["name"], home, spec["epoch"], seen["metadata"]["generation"], ready)


def _open_jobs(arena: Arena) -> list[str]:
    found = []
    for each in arena.kubectl.list("jobs.hardpan.dev", TENANT):
        conditions = {c["type"]: c["status"] for c in (each.get("status") or {}).get("conditions") or ()}
        if conditions.get("Succeeded", "Unknown") == "Unknown":
            found.append(each["metadata"]["name"])
    return found


def _copy(arena: Arena, number: int, folder: Path) -> sqlite3.Connection:
    for file in (arena.pool(number) / "journal").glob("journal.sqlite*"):
        shutil.copy(file, folder / file.name)
    return sqlite3.connect(folder / "journal.sqlite")


def _rows(arena: Arena, number: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        connection = _copy(arena, number, Path(folder))
        bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM records")]
        connection.close()
    return [
        Row(
            number,
            body["assignment"]["kind"],
            body["assignment"]["name"],
            body["assignment"]["host_name"],
            body["assignment"]["epoch"],
            body["assignment"]["generation"],
            body["observation"]["state"],
        )
        for body in bodies
    ]


def _journal(arena: Arena, number: int) -> str:
    """What SQLite itself says of the journal."""
    with tempfile.TemporaryDirectory() as folder:
        connection = _copy(arena, number, Path(folder))
        (word,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()
    return str(word)


def _disks(arena: Arena, number: int) -> list[str]:
    """Machines' folders and volumes on a node's disk, by their names there; the bin is left out."""
    pool = arena.pool(number)
    return [
        each.name
        for folder in ("@machines", "@volumes")
        for each in (pool / folder).iterdir()
        if not each.name.startswith(".")
    ]


def _boots(arena: Arena) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for number in arena.expected:
        for console in (arena.pool(number) / "@machines").glob("*/console.log"):
            for name, boot in BOOT.findall(console.read_text(errors="replace")):
                found.setdefault(name, []).append(int(boot))
    return {name: tuple(numbers) for name, numbers in found.items()}
