"""The configuration of a site's Redis. Redis is transport: it may be emptied at any time, so `everysec` suffices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.access import SUPERVISOR_USER, password_hash, supervisor_rule

# Nobody can be it: it is off and has no password. It keeps its rights because Redis replays its log as this user, and
# without them it drops each transaction in there, which is all that the functions ever wrote.
DEFAULT_USER = "user default off resetpass ~* &* +@all"


@dataclass(frozen=True)
class ServerFiles:
    """Where the server keeps its data and finds its certificate, key and the authority of its clients."""

    folder: Path
    certificate: Path
    key: Path
    authority: Path


def configuration(files: ServerFiles, addresses: list[str], port: int, password: str, memory: str = "256mb") -> str:
    """The text of redis.conf: TLS 1.3 only, client certificates required, no default user, never evicts."""
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
        f"maxmemory {memory}",
        "maxmemory-policy noeviction",
        "proto-max-bulk-len 2mb",
        "enable-debug-command no",
        "enable-protected-configs no",
        "protected-mode yes",
        "daemonize no",
        DEFAULT_USER,
        f"user {user}",
    ]
    return "\n".join(lines) + "\n"
