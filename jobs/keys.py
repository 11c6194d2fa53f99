"""Every key in Redis. The hash tag `{node}` keeps a node's keys together; node ids are checked before they get here.

`q1` stream of entries (fields u uid, a attempt, j envelope), group `r` · `idx` hash uid → its record
· `lease` zset uid → expiry ms · `ev` stream of events (u, a, e) · `ctl` stream of cancellations (u, a) · `hb` string,
the node's signed report · `doc:<digest>` string, a document by its SHA-256.
Of no node: `nq:made`, a random word that whoever finds it missing sets; another word means that Redis was emptied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

GROUP = "r"
MADE = "nq:made"
CONSUMER = "runner"
PRIORITIES = (0, 1, 2)
DEFAULT_PRIORITY = 1
_NODE = re.compile(r"n-[a-z2-7]{26}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def is_node(name: str) -> bool:
    """Whether this is a node id."""
    return _NODE.fullmatch(name) is not None


@dataclass(frozen=True)
class NodeKeys:
    """The keys of one node. ValueError for a name that is no node id: it would become part of an access pattern."""

    node: str

    def __post_init__(self) -> None:
        if not is_node(self.node):
            raise ValueError(f"{self.node!r} is not a node id")

    def queue(self, priority: int) -> str:
        """The stream of a priority."""
        return f"{self.prefix}q{priority}"

    def document(self, digest: str) -> str:
        """The key of a document. ValueError for what is no digest."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is not a digest")
        return f"{self.prefix}doc:{digest.removeprefix('sha256:')}"

    @property
    def prefix(self) -> str:
        """What all keys of the node begin with."""
        return f"nq:{{{self.node}}}:"

    @property
    def queues(self) -> list[str]:
        """The streams of all priorities, most urgent first."""
        return [self.queue(priority) for priority in PRIORITIES]

    @property
    def index(self) -> str:
        """What is in flight."""
        return f"{self.prefix}idx"

    @property
    def lease(self) -> str:
        """When each running job's lease ends."""
        return f"{self.prefix}lease"

    @property
    def events(self) -> str:
        """What the node says."""
        return f"{self.prefix}ev"

    @property
    def control(self) -> str:
        """What the node is asked to stop."""
        return f"{self.prefix}ctl"

    @property
    def heartbeat(self) -> str:
        """The newest report."""
        return f"{self.prefix}hb"
