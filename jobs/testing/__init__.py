"""The in-memory queue: both views over one plain value, for tests. It passes the contract tests of the real one."""

from jobs.testing.controller import MemoryControllerBroker
from jobs.testing.node import MemoryNodeBroker
from jobs.testing.redis import MemoryRedis

__all__ = ["MemoryControllerBroker", "MemoryNodeBroker", "MemoryRedis"]
