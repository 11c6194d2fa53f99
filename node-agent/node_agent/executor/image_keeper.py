"""The image store's retention: what no machine needs goes after a day without use, sooner when the pool is full."""

from __future__ import annotations

from dataclasses import dataclass, field

from node_agent.executor.work import Tools
from sal.images import removable

LOOK_SECONDS = 60.0
KEPT_SECONDS = 86_400.0
KEPT_SECONDS_WHEN_FULL = 600.0
FULL = 0.8


@dataclass
class ImageKeeper:
    """Removes images that are of no use any more. What is being made of one right now used it just before."""

    tools: Tools
    _looked: float = field(default=float("-inf"), init=False)

    def pass_once(self) -> None:
        """To be called often; looks once a minute."""
        now, host = self.tools.clock.elapsed(), self.tools.host
        if now < self._looked + LOOK_SECONDS:
            return
        self._looked = now
        assignments = [each.assignment for each in self.tools.resources.all()]
        needed = frozenset(each.machine.image.sha256 for each in assignments if each.kind == "machine")
        kept = KEPT_SECONDS_WHEN_FULL if host.fullness() > FULL else KEPT_SECONDS
        for sha256 in removable(host.images_held(), needed, self.tools.clock.now().timestamp(), kept):
            host.remove_image(sha256)
            self.tools.effects.note("image.remove", sha256)
