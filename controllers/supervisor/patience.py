"""Keeps short passing states out of statuses: what is under way is written only when it lasts for a second.

A deployment that comes up in half a second costs one status write then, not five.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from controllers.loop.objects import ObjectKey


class Patience:
    """Remembers since when an object has been in passing states."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self._since: dict[ObjectKey, datetime] = {}

    def allows(self, key: ObjectKey, final: bool, now: datetime) -> bool:
        """Whether a status may be written now: at once when it is final, else after a second in passing states."""
        if final:
            self._since.pop(key, None)
            return True
        # A clock that was set back must not make anybody wait longer.
        began = self._since[key] = min(self._since.get(key, now), now)
        return now - began >= timedelta(seconds=self.seconds)

    def wait(self, key: ObjectKey, now: datetime) -> float:
        """Seconds until the next passing state of this deployment that was kept back is told; 0 when none is."""
        left = [self.seconds - (now - began).total_seconds() for each, began in self._since.items() if _of(each, key)]
        return min((each for each in left if each > 0), default=0.0)

    def forget(self, key: ObjectKey) -> None:
        """The deployment is gone."""
        for each in [each for each in self._since if _of(each, key)]:
            del self._since[each]


def _of(each: ObjectKey, deployment: ObjectKey) -> bool:
    return each.namespace == deployment.namespace and each.name.split("/")[0] == deployment.name
