"""The configuration of a site's Redis. Redis is transport: it may be emptied at any time, so `everysec` suffices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.access import SUPERVISOR_USER, password_hash, supervisor_rule

# Nobody can be it: it is off and has no password. It keeps its rights because Redis replays its log as this user, and
# without them it drops each transaction in there, which is all that the functions ever wrote.
DEFAULT_USER = "user default off resetpass ~* &* +@all"

# Strangers are counted as soon as they connect, and Redis itself would keep them for ever. Who waits in a blocking read
# is not idle to Redis, and whom it cuts off comes back by a new connection.
IDLE_SECONDS = 60
# A node has two or three. Each takes up to 40 KiB beside the data.
CONNECTIONS = 8192


@dataclass(frozen=True)
class ServerFiles:
    """Where the server keeps its data and finds its certificate, key and the authority of its clients."""

    folder: Path
    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True)
class Room:
    """What the server may hold: memory, of which its clients take some, and connections."""

    memory: str = "256mb"
    connections: int = CONNECTIONS


def configuration(files: ServerFiles, addresses: list[str], port: int, password: str, room: Room | None = None) -> str:
    """The text of redis.conf: TLS 1.3 only, client certificates required, no default user, never evicts."""
    room = room or Room()
    user = " ".join([SUPERVISOR_USER, *supervisor_rule(password_hash(password))])
    lines = [
        f"bind {' '.join(addresses)}",
        "port 0",
        f"tls-port {port}",
        f'tls-cert-file "{files.certificate}"',
        f'tls-key-file "{files.key}"',
        f'tls-ca-cert-file "{files.authority}"',
        "tls-auth-clients yes",
        'tls-protocols "TLSv1.3"',
        f'dir "{files.folder}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        f"maxmemory {room.memory}",
        "maxmemory-policy noeviction",
        f"maxclients {room.connections}",
        f"timeout {IDLE_SECONDS}",
        "proto-max-bulk-len 2mb",
        "enable-debug-command no",
        "enable-protected-configs no",
        "protected-mode yes",
        "daemonize no",
        DEFAULT_USER,
        f"user {user}",
    ]
    return "\n".join(lines) + "\n"
