"""Tells operators of machines that come back though they are removed or revoked: once for each start."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, field

from controllers.ledger.approval import Decision
from controllers.loop.errors import KubeError
from controllers.loop.kube import Event, Kube
from controllers.loop.objects import Object
from trust.registration import Registration

log = logging.getLogger(__name__)
REPORTER = "hardpan-ledger"
MOST = 4_096


@dataclass
class Returns:
    """Remembers whom it told of."""

    kube: Kube
    _told: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    async def tell(self, node: Object, registration: Registration, decision: Decision) -> None:
        """An Event is for people: one that cannot be recorded stops nothing."""
        start = (node.name, registration.instance)
        if start in self._told:
            return
        self._told[start] = None
        while len(self._told) > MOST:
            self._told.popitem(last=False)
        words = f"it came back, and was refused. {decision.message}"
        try:
            await self.kube.record_event(node, Event(str(decision.reason), words, REPORTER, "Warning"))
        except KubeError as error:
            log.debug("no event about %s: %s", node.name, error, extra={"node": node.name})
