"""Keeps short passing states out of statuses: what is under way is written only when it lasts for a second.

A deployment that comes up in half a second costs one status write then, not five.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from controllers.loop.objects import ObjectKey


class Patience:
    """Remembers since when the parts of a deployment (itself is the part "") have been in passing states."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self._since: dict[ObjectKey, dict[str, datetime]] = defaultdict(dict)

    def allows(self, key: ObjectKey, part: str, final: bool, now: datetime) -> bool:
        """Whether a status may be written now: at once when it is final, else after a second in passing states."""
        parts = self._since[key]
        if final:
            parts.pop(part, None)
            return True
        # A clock that was set back must not make anybody wait longer.
        began = parts[part] = min(parts.get(part, now), now)
        return (now - began).total_seconds() >= self._seconds

    def wait(self, key: ObjectKey, now: datetime) -> float | None:
        """Seconds until the first status may be written that may not be yet; None when none waits."""
        ages = [(now - since).total_seconds() for since in self._since.get(key, {}).values()]
        return min((self._seconds - age for age in ages if age < self._seconds), default=None)

    def keep(self, key: ObjectKey, parts: Collection[str]) -> None:
        """Forgets all other parts of a deployment."""
        for part in self._since[key].keys() - set(parts):
            del self._since[key][part]

    def forget(self, key: ObjectKey) -> None:
        """The deployment is gone."""
        self._since.pop(key, None)
