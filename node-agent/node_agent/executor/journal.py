"""What became of each job: the truth about what this node did, and the guard against doing it twice.

A job is remembered by its uid with its highest attempt. Its steps carry an intent before and an outcome after the act.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from node_agent.executor.store import Store

KEPT_SECONDS = 7 * 86_400
MOST_JOBS = 20_000
PRUNE_EVERY = 256
_CHAIN = "receipts"


class Delivery(Enum):
    """What a delivered attempt is to this node."""

    RUN = auto()
    RESUME = auto()
    RESEND = auto()
    STALE = auto()


@dataclass(frozen=True)
class Known:
    """What the journal says of a delivery; `highest` attempt seen (0: none), `receipt` of a finished one."""

    delivery: Delivery
    highest: int = 0
    receipt: bytes | None = None


@dataclass(frozen=True)
class ChainHead:
    """The latest receipt: its number and the digest of its bytes. Number 0 comes before the first."""

    number: int = 0
    digest: str = ""


class Journal:
    """Jobs, their steps, and the chain of receipts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def look(self, uid: str, attempt: int) -> Known:
        """What this delivery is; writes nothing."""
        found = self._store.rows("SELECT attempt, receipt FROM jobs WHERE uid = ?", uid)
        if not found or found[0][0] < attempt:
            return Known(Delivery.RUN, found[0][0] if found else 0)
        highest, receipt = found[0]
        if highest > attempt:
            return Known(Delivery.STALE, highest)
        if receipt is not None:
            return Known(Delivery.RESEND, highest, bytes(receipt))
        return Known(Delivery.RESUME, highest)

    def begin(self, uid: str, attempt: int) -> Known:
        """As `look`; a delivery to run is written down as running, with no step begun."""
        with self._store.transaction() as connection:
            known = self.look(uid, attempt)
            if known.delivery is Delivery.RUN:
                connection.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, NULL, NULL)", (uid, attempt))
                connection.execute("DELETE FROM steps WHERE uid = ?", (uid,))
            return known

    def intend(self, uid: str, position: int) -> None:
        """The step is about to act."""
        with self._store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO steps VALUES (?, ?, 0)", (uid, position))

    def conclude(self, uid: str, position: int) -> None:
        """The step reached its state."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE steps SET done = 1 WHERE uid = ? AND position = ?", (uid, position))

    def concluded(self, uid: str) -> frozenset[int]:
        """The positions of the steps that reached their state."""
        return frozenset(row[0] for row in self._store.rows("SELECT position FROM steps WHERE uid = ? AND done", uid))

    def head(self) -> ChainHead:
        """The end of the receipt chain."""
        kept = self._store.fact(_CHAIN)
        if kept is None:
            return ChainHead()
        number, digest = kept.decode().split(" ")
        return ChainHead(int(number), digest)

    def finish(self, uid: str, now: int, write: Callable[[ChainHead], bytes]) -> bytes:
        """Writes the job's receipt as the next of the chain and keeps both; `now` in seconds, for retention."""
        with self._store.transaction() as connection:
            receipt = self.chain(write)
            connection.execute("UPDATE jobs SET receipt = ?, finished = ? WHERE uid = ?", (receipt, now, uid))
            connection.execute("DELETE FROM steps WHERE uid = ?", (uid,))
            if self.head().number % PRUNE_EVERY == 0:
                self._prune(now)
            return receipt

    def _prune(self, now: int) -> None:
        """Forgets what is old; a job that was begun and never delivered again goes with the oldest."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM jobs WHERE finished < ?", (now - KEPT_SECONDS,))
            connection.execute("DELETE FROM jobs WHERE rowid <= (SELECT max(rowid) FROM jobs) - ?", (MOST_JOBS,))
            connection.execute("DELETE FROM steps WHERE uid NOT IN (SELECT uid FROM jobs)")

    def chain(self, write: Callable[[ChainHead], bytes]) -> bytes:
        """Appends a receipt to the chain; the writer gets the head that it has to name."""
        with self._store.transaction():
            head = self.head()
            receipt = write(head)
            digest = "sha256:" + hashlib.sha256(receipt).hexdigest()
            self._store.keep_fact(_CHAIN, f"{head.number + 1} {digest}".encode())
            return receipt
