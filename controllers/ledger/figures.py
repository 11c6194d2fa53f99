"""What the ledger tells of nodes, records and trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from controllers.by_condition import ByCondition, show
from controllers.loop.cache import Tally
from controllers.loop.lease import Lease
from controllers.loop.measures import Measures, Row
from crds.jointoken import JOIN_TOKEN
from crds.meta import KindDefinition
from crds.node import NODE
from crds.release import RELEASE
from crds.supervisor import SUPERVISOR
from crds.tenant import TENANT
from crds.trust import TRUST
from crds.user import USER
from trust.errors import Refusal
from trust.snapshot import TrustView

KINDS: tuple[KindDefinition, ...] = (NODE, TRUST, USER, TENANT, SUPERVISOR, JOIN_TOKEN, RELEASE)
NO_TRUST = 0.0


@dataclass
class Figures:
    """The ledger's metrics; `tallies` are for the caches of its kinds."""

    measures: Measures
    trust: Callable[[], TrustView]
    now: Callable[[], datetime]
    lease: Lease | None = None
    tallies: Mapping[str, Tally] = field(init=False)

    def __post_init__(self) -> None:
        counted = {kind.kind: ByCondition(kind) for kind in KINDS}
        self.tallies = {kind: each.count for kind, each in counted.items()}
        show(self.measures, counted.values(), self.lease)
        self.measures.observed(
            "hardpan_trust_expiry_seconds", "Until the trust snapshot ends; 0 when no trust counts", self._trust_left
        )

    def _trust_left(self) -> list[Row]:
        if self.lease is not None and not self.lease.leading:
            return []
        try:
            return [((), (self.trust().expires - self.now()).total_seconds())]
        except Refusal:
            return [((), NO_TRUST)]
