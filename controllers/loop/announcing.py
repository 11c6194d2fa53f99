"""Makes a Kubernetes Event of what turns bad in a status, and of what is well again; what is routine makes none."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from controllers.loop.errors import KubeError
from controllers.loop.kube import Event, Kube
from controllers.loop.objects import Json, Object
from controllers.loop.process import utc_now
from controllers.loop.remembering import RememberingKube

log = logging.getLogger(__name__)
MEMORY_LIMIT = 4_096
# What flaps is told once in this time: the status says how it is now.
AGAIN = timedelta(minutes=5)
MESSAGE_LIMIT = 1_000
IsStuck = Callable[[str, Json], bool]


def transitions(kind: str, held: Iterable[Json], wanted: Iterable[Json], is_stuck: IsStuck) -> list[tuple[str, Json]]:
    """`Warning` with each condition that is stuck for another reason than before, `Normal` with those that are so no
    more; of conditions that say the same reason only the first."""
    before = {each["type"]: each for each in held}
    found: dict[str, tuple[str, Json]] = {}
    for each in wanted:
        old = before.get(each["type"])
        was = old is not None and is_stuck(kind, old)
        if is_stuck(kind, each) and not (was and old is not None and old["reason"] == each["reason"]):
            found.setdefault(each["reason"], ("Warning", each))
        elif was and not is_stuck(kind, each):
            found.setdefault(each["reason"], ("Normal", each))
    return list(found.values())


class AnnouncingKube(RememberingKube):
    """Records the Events of statuses that it writes. `is_stuck` knows the kinds: loop code does not."""

    def __init__(self, kube: Kube, reporter: str, is_stuck: IsStuck, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(kube)
        self._reporter, self._is_stuck, self._now = reporter, is_stuck, now
        self._told: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    async def apply_status(self, target: Object, status: Json, manager: str) -> Object:
        """See Kube. An Event is for people: one that cannot be recorded stops nothing."""
        written = await super().apply_status(target, status, manager)
        if written is not target:
            await self._announce(target, status)
        return written

    async def _announce(self, before: Object, status: Json) -> None:
        held = before.status.get("conditions") or ()
        kind = before.resource.kind
        for level, each in transitions(kind, held, status.get("conditions") or (), self._is_stuck):
            if self._is_news(before.uid, each["reason"]):
                await self._record(before, level, each)

    async def _record(self, about: Object, level: Any, condition: Json) -> None:
        words = f"{condition['type']} is {condition['status']}. {condition.get('message', '')}".rstrip(". ")
        event = Event(condition["reason"], words[:MESSAGE_LIMIT], self._reporter, level)
        try:
            await self.record_event(about, event)
        except KubeError as error:
            log.debug("no event about %s: %s", about, error)

    def _is_news(self, uid: str, reason: str) -> bool:
        now, told = self._now(), self._told.get((uid, reason))
        if told is not None and timedelta() <= now - told < AGAIN:
            return False
        self._told[uid, reason] = now
        self._told.move_to_end((uid, reason))
        if len(self._told) > MEMORY_LIMIT:
            self._told.popitem(last=False)
        return True
