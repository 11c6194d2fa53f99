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
        began = self._since.setdefault(key, now)
        return now - began >= timedelta(seconds=self.seconds)

    def waiting(self, key: ObjectKey) -> bool:
        """Whether something of this deployment is in a passing state."""
        return any(each.namespace == key.namespace and each.name.split("/")[0] == key.name for each in self._since)

    def forget(self, key: ObjectKey) -> None:
        """The deployment is gone."""
        for each in [
            each for each in self._since if each.namespace == key.namespace and each.name.split("/")[0] == key.name
        ]:
            del self._since[each]
