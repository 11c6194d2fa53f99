"""What admission decided on one review, for who counts, logs and traces it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from controllers.admission.figures import Figures
from controllers.loop.objects import ObjectKey
from jobs.about import about
from jobs.trace import Span, Tell, Trace, trace_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decided:
    """`reason` is the refusal's, empty when it was allowed; `tenant` is empty where no tenant counts."""

    deployment: ObjectKey
    tenant: str
    revision: int
    reason: str
    began: datetime
    ended: datetime
    traceparent: str = ""

    @property
    def trace(self) -> Trace | None:
        """The trace of what was proposed."""
        place = self.deployment
        return trace_of(self.tenant, place.namespace, place.name, self.revision) if self.tenant else None


Heard = Callable[[Decided], None]


def unheard(decided: Decided) -> None:
    """Nobody wants to know."""


def telling(figures: Figures, tell: Tell) -> Heard:
    """Counts each decision, writes it to the log, and tells its span."""

    def heard(decided: Decided) -> None:
        figures.decided(not decided.reason)
        trace, place = decided.trace, str(decided.deployment)
        with about(deployment=place, **({"trace": trace.id} if trace else {})):
            log.info("revision %d: %s", decided.revision, decided.reason or "allowed")
        if trace is not None:
            said = {"deployment": place, "revision": str(decided.revision), "reason": decided.reason}
            times = (decided.began.timestamp(), decided.ended.timestamp())
            own, good = trace.span("apply"), not decided.reason
            tell(Span(trace.id, own, "apply", *times, "", good, said, decided.traceparent))

    return heard
