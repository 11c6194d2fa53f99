"""How a site's Redis is: what the doctor asks, by the supervisor's own rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis

from jobs.broker import Connection
from jobs.errors import Unavailable
from jobs.redis_connection import node_client


@dataclass(frozen=True)
class Inspection:
    """`most` is the limit of memory in bytes (0: none); `users` are those that may log in; `queues` is jobs by node."""

    version: str
    appends: bool
    last_write_ok: bool
    used: int
    most: int
    policy: str
    users: frozenset[str]
    waiting: dict[str, int]


def inspect(connection: Connection) -> Inspection:
    """One look. Raises Unavailable with the reason."""
    client = node_client(connection)
    try:
        said: dict[str, Any] = client.info()
        users = [str(each) for each in client.acl_list()]
        return Inspection(
            version=str(said.get("redis_version", "")),
            appends=bool(said.get("aof_enabled")),
            last_write_ok=said.get("aof_last_write_status") == "ok",
            used=int(said.get("used_memory", 0)),
            most=int(said.get("maxmemory", 0)),
            policy=str(said.get("maxmemory_policy", "")),
            users=frozenset(each.split()[1] for each in users if " on " in each),
            waiting=_waiting(client),
        )
    except (redis.RedisError, OSError) as error:
        raise Unavailable(f"the queue at {connection.url} does not answer: {error}") from None
    finally:
        client.close()


def _waiting(client: Any) -> dict[str, int]:
    """Entries of each node's queue."""
    found: dict[str, int] = {}
    for key in client.scan_iter(match="nq:{*}:q1", count=1000):
        text = key.decode() if isinstance(key, bytes) else str(key)
        found[text.split(":")[1].strip("{}")] = int(client.xlen(key))
    return found
