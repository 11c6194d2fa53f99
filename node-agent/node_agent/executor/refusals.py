"""What this node refused, counted by what it was and why, as a file that a Prometheus node exporter picks up.

Reasons are words of ours, so there are few of them; a forger makes the numbers large and nothing else.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

from node_agent import atomic

HEAD = "# HELP hardpan_refused_total What was refused, by what it was and why.\n# TYPE hardpan_refused_total counter\n"


class Refusals:
    """Counts since the start of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._written = 0

    def count(self, what: str, reason: str) -> None:
        """One more."""
        with self._lock:
            self._counts[what, reason] += 1

    def publish(self) -> None:
        """Writes the file when there is something new. Raises OSError."""
        with self._lock:
            counts, total = sorted(self._counts.items()), self._counts.total()
        if total != self._written:
            lines = [f'hardpan_refused_total{{what="{what}",reason="{reason}"}} {n}' for (what, reason), n in counts]
            atomic.replace(self._path, (HEAD + "\n".join(lines) + "\n").encode(), mode=0o644)
            self._written = total
