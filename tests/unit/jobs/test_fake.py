"""The queue in memory does what the real one does."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from jobs.broker import DOCUMENT_SECONDS, HEARTBEAT_SECONDS, LEASE_SECONDS
from jobs.errors import BadDocument, Unavailable
from jobs.testing import MemoryControllerBroker, MemoryNodeBroker, MemoryRedis
from tests.unit.jobs.contract import DIGEST, NODE, OTHER, PLAN, BrokerContract


@dataclass
class MemorySite:
    """Both ends over one fake, with a clock that the test sets."""

    now: float = 0.0
    redis: MemoryRedis = field(init=False)

    def __post_init__(self) -> None:
        self.redis = MemoryRedis(lambda: self.now)
        self.supervisor = MemoryControllerBroker(self.redis)
        self._nodes = {name: MemoryNodeBroker(self.redis, name, "password") for name in (NODE, OTHER)}

    def node(self, name: str) -> MemoryNodeBroker:
        """A node's view."""
        return self._nodes[name]

    def flush(self) -> None:
        """FLUSHALL."""
        self.redis.flush()

    def expire_leases(self) -> None:
        """Time passes."""
        self.now += LEASE_SECONDS

    async def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds


@pytest.fixture
async def site() -> MemorySite:
    """A queue of two nodes."""
    site = MemorySite()
    await site.supervisor.ensure_ready([NODE, OTHER])
    for name in (NODE, OTHER):
        await site.supervisor.grant(name, "password")
    return site


class TestMemoryQueue(BrokerContract):
    """The contract over the fake."""


async def test_a_queue_that_is_down_is_unavailable_to_both(site: MemorySite) -> None:
    site.redis.down = True
    with pytest.raises(Unavailable):
        await site.supervisor.enqueue(NODE, "job", 1, b"", {})
    with pytest.raises(Unavailable):
        site.node(NODE).claim(0, pending=False)


async def test_heartbeats_and_documents_run_out(site: MemorySite) -> None:
    await site.supervisor.enqueue(NODE, "job", 1, b"", {DIGEST: PLAN})
    site.node(NODE).put_heartbeat(b"report")
    site.now += HEARTBEAT_SECONDS
    assert await site.supervisor.heartbeats([NODE]) == {}
    site.now += DOCUMENT_SECONDS
    with pytest.raises(BadDocument):
        site.node(NODE).document(DIGEST)
