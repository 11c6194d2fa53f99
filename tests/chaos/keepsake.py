"""Keeps what a person reads who wants to know why a storm failed: logs, effects, journals, consoles, objects."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from tests.chaos.arena import Arena

PER_NODE = ("journal/*", "run/*.log", "agent/status.json", "@machines/*/*.log", "@machines/*/*.json")


def keep(arena: Arena, folder: Path) -> None:
    """Copies it into a folder, as far as it is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    layout = arena.demo.layout
    for file in (*layout.control_plane.glob("*.log"), *(layout.folder / "processes").glob("*.log")):
        _copy(file, folder / file.name)
    for number in arena.expected:
        with suppress(Exception):
            pool = arena.pool(number)
            for file in (each for pattern in PER_NODE for each in pool.glob(pattern)):
                _copy(file, folder / f"node-{number}" / file.relative_to(pool))
    with suppress(Exception):
        kinds = "deployments.hardpan.dev,machines.hardpan.dev,volumes.hardpan.dev,jobs.hardpan.dev,nodes.hardpan.dev"
        (folder / "objects.yaml").write_text(arena.kubectl.run("get", kinds, "-A", "-o", "yaml", seconds=20))
        (folder / "events.txt").write_text(arena.kubectl.run("get", "events", "-A", seconds=20))


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        shutil.copyfile(file, target)
