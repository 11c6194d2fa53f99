"""Free ports on loopback, kept in a file so that a restart keeps them (kubeconfigs hold the URL)."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from sal.filesystem import write_durably


def kept_ports(file: Path, names: tuple[str, ...]) -> dict[str, int]:
    """A port for each name, the same ones as last time."""
    try:
        held: dict[str, int] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        held = {}
    if set(names) - set(held):
        held = dict(zip(names, _free(len(names)), strict=True))
        write_durably(file, json.dumps(held).encode())
    return held


def _free(count: int) -> list[int]:
    """Ports that nobody listens on now; all are held until all are found, so that none comes twice."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
