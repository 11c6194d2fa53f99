"""Machines that wait for approval: anybody can make them, so there is room for so many, and the silent give theirs up.

A machine that waits asks at least once a minute. One that is deleted here lost nothing: it may ask again, as a new one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter

from controllers.ledger.approval import Decision
from controllers.ledger.presence import Presence
from controllers.ledger.uptime import LOST_AFTER_SECONDS
from controllers.loop.cache import Cache
from controllers.loop.errors import Conflict, NotFound, Refused
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey
from trust.errors import Code, Refusal

log = logging.getLogger(__name__)
MOST_WAITING = 500


@dataclass
class WaitingRoom:
    """The Nodes without a certificate."""

    kube: Kube
    nodes: Cache
    presence: Presence
    wake: Callable[[ObjectKey], None]
    _version: int = field(default=-1, init=False)
    _waiting: tuple[Object, ...] = field(default=(), init=False)

    async def admit(self, decision: Decision) -> None:
        """Makes room for a newcomer that is not approved, if need be in the place of a silent one. Raises Refusal."""
        if decision.state == "Approved" or len(self._all()) < MOST_WAITING:
            return
        silent = self._longest_silent()
        if silent is None or not await self._gave_up(silent):
            remedy = "approve or delete some, or give this one a token"
            raise Refusal(Code.TOO_LARGE, f"{decision.reason}, and too many machines wait for approval: {remedy}")

    def _all(self) -> tuple[Object, ...]:
        """Asked for each stranger, and made anew only when some Node is another."""
        if self._version != self.nodes.version:
            self._waiting = tuple(each for each in self.nodes.unordered() if not each.spec.get("certificate"))
            self._version = self.nodes.version
        return self._waiting

    def _longest_silent(self) -> Object | None:
        """Nobody of whom an operator said something: what he wrote there is not ours to forget."""
        silent = [(self.presence.silence(each.name), each) for each in self._all() if _is_untouched(each)]
        seconds, longest = max(silent, key=itemgetter(0), default=(0.0, None))
        return longest if seconds > LOST_AFTER_SECONDS else None

    async def _gave_up(self, node: Object) -> bool:
        """Whether the node is gone; not when somebody approves it in this moment, or where we may delete none."""
        try:
            await self.kube.delete(node, unchanged=True)
        except NotFound:
            pass
        except (Conflict, Refused):
            return False
        log.info("waited for approval, was not heard of for long, and made room", extra={"object": node.name})
        # The watch tells of it later; until then it would be in the way of the next one.
        self.nodes.drop(node)
        self.wake(node.key)
        return True


def _is_untouched(node: Object) -> bool:
    return node.generation <= 1 and not node.finalizers and node.deletion_timestamp is None
