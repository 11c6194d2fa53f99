"""Stores that lose what they held: Redis emptied or full, etcd set back to an older snapshot."""

from __future__ import annotations

import asyncio
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from jobs.redis_controller import RedisControllerBroker
from tests.chaos.arena import Arena
from tests.chaos.faults.fault import Fault, Undo, nothing
from tests.chaos.faults.processes import start_kubernetes
from tests.cloud.captured import connection

FILL = "nq:chaos:fill"
MEBIBYTE = b"x" * (1 << 20)


def flush(arena: Arena, _: int) -> Undo:
    """FLUSHALL: everything in the queue is gone, the nodes' credentials too."""
    _ask(arena, "FLUSHALL")
    return nothing


def lose(arena: Arena, _: int) -> Undo:
    """Redis dies and its disk with it: it starts empty, without a complaint."""
    control_plane = arena.demo.control_plane
    process = control_plane.processes.find("redis")
    if process is not None:
        process.kill()
    for each in arena.demo.layout.redis.glob("appendonlydir/*"):
        each.unlink()
    return control_plane.start_redis


def fill_memory(arena: Arena, _: int) -> Undo:
    """`maxmemory` is reached: every write is refused, nothing is evicted."""
    _ask(arena, *("APPEND" for _ in range(60)))
    return lambda: _ask(arena, "DEL")


def fill_disk(arena: Arena, _: int) -> Undo:
    """The disk below Redis is full: it cannot write its log."""
    file = arena.demo.layout.redis / "fill"
    _fill(file)
    return lambda: file.unlink(missing_ok=True)


def _ask(arena: Arena, *words: str) -> None:
    asyncio.run(_send(arena, words))


async def _send(arena: Arena, words: tuple[str, ...]) -> None:
    broker = RedisControllerBroker(connection(arena))
    try:
        for number, word in enumerate(words):
            if word == "FLUSHALL":
                await broker._redis.flushall()
            elif word == "DEL":
                await broker._redis.delete(*(f"{FILL}:{each}" for each in range(60)))
            else:
                await broker._redis.set(f"{FILL}:{number}", MEBIBYTE)
    except Exception as error:
        # What fills a memory ends when it is full, and a Redis that another fault took away needs no fault.
        print(f"    Redis said {type(error).__name__}: {str(error)[:80]}", flush=True)
    finally:
        await broker.close()


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as opened:
        while opened.write(MEBIBYTE):
            pass


def set_back_etcd(arena: Arena, _: int) -> Undo:
    """A snapshot is taken now, and the store is set back to it at the end, as from a backup."""
    kubernetes, data = arena.kubernetes, arena.kubernetes._folder / "etcd"
    backup = data.with_name("etcd-backup")
    shutil.rmtree(backup, ignore_errors=True)
    process = kubernetes.processes.find("etcd")
    if process is None:
        return nothing
    process.signal(signal.SIGSTOP)
    try:
        shutil.copytree(data, backup)
    finally:
        process.signal(signal.SIGCONT)

    def restore() -> None:
        for name in ("kube-apiserver", "etcd"):
            found = kubernetes.processes.find(name)
            if found is not None:
                found.kill()
        shutil.rmtree(data)
        backup.rename(data)
        start_kubernetes(arena)

    return restore


FAULTS = (
    Fault("FLUSHALL", "redis", flush),
    Fault("Redis restarted empty", "redis", lose, (0.5, 3.0)),
    Fault("Redis memory full", "redis", fill_memory, (12.0, 20.0)),
    Fault("Redis disk full", "redis", fill_disk, (12.0, 20.0)),
    Fault("etcd set back", "kubernetes", set_back_etcd, (20.0, 40.0)),
)
