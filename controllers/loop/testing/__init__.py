"""The fakes of the loop: an API server in memory and its watches. They pass the contract tests of the real ones."""

from controllers.loop.testing.memory import MemoryKube, Write
from controllers.loop.testing.source import MemorySource

__all__ = ["MemoryKube", "MemorySource", "Write"]
