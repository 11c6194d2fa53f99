"""The seam between control plane and nodes: two views of one queue per node.

Everything that crosses is opaque bytes here; who may say what is decided by signatures, elsewhere. The queue may lose,
repeat, delay or forge anything without a wrong outcome: loss → the supervisor places what is open again, repeat → the
node's journal, forgery → signatures, delay → expiry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

REPORT_UID = "report"
LARGEST_DOCUMENT = 1_048_576
DOCUMENT_SECONDS = 24 * 3600
HEARTBEAT_SECONDS = 30
LEASE_SECONDS = 30.0


NOTHING: Mapping[str, str] = MappingProxyType({})


class Placement(Enum):
    """What became of an attempt that was to be queued."""

    PLACED = "placed"
    ALREADY_THERE = "already there"
    NEWER_THERE = "newer there"


class Cancelled(Enum):
    """What became of an attempt that was to be cancelled."""

    GONE = "gone"
    REMOVED = "removed"
    SIGNALLED = "signalled"


@dataclass(frozen=True)
class Connection:
    """How to reach Redis: `rediss://host:port`, the user, and the files of TLS."""

    url: str
    username: str
    password: str
    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Event:
    """Something a node said: of a job (its receipt), or `report` as uid when its heartbeat is worth a look."""

    node: str
    entry: str
    uid: str
    attempt: int
    payload: bytes


@dataclass(frozen=True)
class Usage:
    """What a node takes up in the queue: unsettled events, their bytes, and the consumers it named; and for how many
    seconds the oldest entry has been waiting that no runner has in hand, 0 when there is none."""

    events: int
    event_bytes: int
    consumers: int
    waiting_seconds: float


@dataclass(frozen=True)
class Claim:
    """An entry that a runner has in hand."""

    entry: str
    priority: int
    uid: str
    attempt: int
    envelope: bytes


class ControllerBroker(Protocol):
    """The supervisor's view. All methods raise Unavailable or AccessDenied."""

    async def ensure_ready(self, nodes: Iterable[str]) -> None:
        """Loads the functions and makes the groups of these nodes where they are missing."""

    async def enqueue(
        self, node: str, uid: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes]
    ) -> Placement:
        """Places an attempt once, its documents first. Placing it again changes nothing but their expiry."""

    async def cancel(self, node: str, uid: str, attempt: int) -> Cancelled:
        """Takes a queued attempt back, or asks the runner to stop at the next step."""

    async def events(self, nodes: Iterable[str], timeout: float, after: Mapping[str, str] = NOTHING) -> list[Event]:
        """What nodes said and nobody settled, up to 200 of each node; waits `timeout` (at most 5) seconds for one.

        `after` names by node the entry up to which the caller has all in hand. Makes ready again what a loss took.
        What a node wrote in no known form is deleted.
        """

    async def settle(self, events: Iterable[Event]) -> None:
        """Forgets events, after what they say is stored in Kubernetes."""

    async def heartbeats(self, nodes: Iterable[str]) -> dict[str, bytes]:
        """The newest report of each of these nodes; of who was quiet for 30 s there is none."""

    async def known(self, node: str) -> dict[str, int]:
        """The uids in flight and their attempts."""

    async def expired(self, node: str) -> list[str]:
        """The uids whose lease is over: their runner died or cannot reach the queue."""

    async def measure(self, node: str) -> Usage:
        """What the node takes up; no access rule bounds that, so whoever sees too much revokes and clears."""

    async def clear(self, node: str) -> None:
        """Forgets everything of a node: what is open is placed again, and its journal answers what it ran."""

    async def grant(self, node: str, password: str) -> None:
        """Makes or replaces the node's user and password, and cuts connections that came with an older one."""

    async def revoke(self, node: str) -> None:
        """Removes the node's user and cuts its connections."""

    async def admitted(self) -> set[str]:
        """The nodes that have a user."""

    async def close(self) -> None:
        """Lets go of the connections."""


class NodeBroker(Protocol):
    """The runner's view, for threads. All methods raise Unavailable or AccessDenied."""

    def claim(self, timeout: float, pending: bool) -> Claim | None:
        """The next entry: one in hand before when `pending`, else a new one within `timeout` (at most 5) seconds.

        For one reader. After any error it asks for pending ones until there are none: one may have come unseen.
        """

    def start(self, claim: Claim, boot: str, takeover: bool) -> None:
        """Takes the lease. Raises StaleFence, AlreadyDone or HeldElsewhere."""

    def renew(self, boot: str, claims: Iterable[Claim]) -> list[str]:
        """Renews leases; returns the uids to stop."""

    def finish(self, claim: Claim, boot: str, event: bytes) -> None:
        """Ends an attempt with its receipt, be it placed anew meanwhile. Raises StaleFence when it is moot."""

    def drop(self, claim: Claim) -> None:
        """Takes an entry off the queue without a word."""

    def post_event(self, uid: str, attempt: int, payload: bytes) -> None:
        """Says something that ends no attempt."""

    def put_heartbeat(self, report: bytes) -> None:
        """Stores the newest report for 30 s."""

    def control(self, after: str) -> tuple[str, list[str]]:
        """The position to ask from next time ("0" at first), and the uids whose present attempt is asked to stop."""

    def document(self, digest: str) -> bytes:
        """A document, checked against its digest. Raises BadDocument."""

    def close(self) -> None:
        """Lets go of the connections."""
