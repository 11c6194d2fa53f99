"""Death at a write: before it, so that it never happens, or after it, so that nobody ever hears of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.sim.history import History
from tests.sim.process import Process


@dataclass
class Crashes:
    """Processes by name that die at their n-th boundary from now on; `passed` are all boundaries in order."""

    history: History
    armed: dict[str, int] = field(default_factory=dict)
    passed: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, process: Process, what: str, when: str) -> bool:
        """Whether the process dies here."""
        name = process.name
        self.passed.append((name, f"{when} {what}"))
        if name not in self.armed:
            return False
        self.armed[name] -= 1
        if self.armed[name] > 0:
            return False
        del self.armed[name]
        self.history.note("fault", f"dies {when} write", name, write=what)
        return True

    def arm(self, name: str, boundary: int) -> None:
        """Dies at that boundary, counted from 1; each write has one before and one after."""
        self.armed[name] = boundary
