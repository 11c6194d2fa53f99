"""Free ports on loopback, kept in a file so that a restart keeps them (kubeconfigs hold the URL)."""

from __future__ import annotations

import json
import secrets
import socket
from itertools import islice
from pathlib import Path

from sal.filesystem import write_durably

# Below what the kernel hands out by itself, and below NodePorts: nobody gets one by chance while its server is down.
RANGE = range(20_000, 30_000)


def kept_ports(file: Path, names: tuple[str, ...]) -> dict[str, int]:
    """A port for each name, the same ones as last time."""
    try:
        held: dict[str, int] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        held = {}
    if set(names) - set(held):
        held = dict(zip(names, free_ports(len(names)), strict=True))
        write_durably(file, json.dumps(held).encode())
    return held


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on now, on any address."""
    candidates = secrets.SystemRandom().sample(RANGE, len(RANGE))
    return list(islice(filter(is_free, candidates), count))


def is_free(port: int) -> bool:
    """Whether nobody listens on a port now, on any address."""
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
