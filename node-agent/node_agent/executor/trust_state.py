"""Whom this node believes: the cluster pinned at the first start, and the newest trust snapshot seen since."""

from __future__ import annotations

import json
from pathlib import Path

from node_agent.clock import Clock
from node_agent.errors import NeedsOperator
from node_agent.executor.marks import Mark, Marks
from node_agent.executor.store import Store
from node_agent.medium import Medium
from sal.filesystem import write_durably
from trust.keys import digest
from trust.part import parse_time
from trust.root import open_root
from trust.snapshot import TrustView, open_bytes

_BUNDLE = "trust"
_SUBJECT = "cluster"


def pin(path: Path, medium: Medium) -> str:
    """The cluster that this node belongs to: the medium's at the first start, the pinned one ever after.

    Raises NeedsOperator for a medium of another cluster, Refusal for a root document that does not verify.
    """
    cluster = medium.file.cluster
    open_root(medium.roots, cluster)
    if path.exists():
        pinned: str = json.loads(path.read_bytes())["cluster"]
        if pinned != cluster:
            raise NeedsOperator(
                "ForeignMedium", f"this node belongs to cluster {pinned}, the medium to {cluster}: wipe it to move it"
            )
        return pinned
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, json.dumps({"cluster": cluster}).encode())
    return cluster


class TrustState:
    """The newest verified snapshot, kept over restarts; an older one is refused."""

    def __init__(self, cluster: str, floor: int, store: Store, clock: Clock) -> None:
        self.cluster = cluster
        self._floor = floor
        self._store = store
        self._marks = Marks(store)
        self._clock = clock
        self._digest = ""
        self._view: TrustView | None = None
        kept = store.fact(_BUNDLE)
        if kept is not None:
            self.accept(kept)

    @property
    def view(self) -> TrustView | None:
        """The snapshot in force; None before the first."""
        return self._view

    @property
    def digest(self) -> str:
        """Names the bundle in force; empty before the first."""
        return self._digest

    @property
    def version(self) -> int:
        """The highest snapshot version seen, or the medium's floor."""
        return max(self._floor, self._marks.get("snapshot", _SUBJECT).number)

    @property
    def root_version(self) -> int:
        """The root document in force; 0 before the first snapshot."""
        return self._view.root.document.version if self._view else 0

    def accept(self, data: bytes) -> TrustView:
        """Verifies a bundle and takes it over if it is newer. Raises Refusal; what was in force stays so."""
        if self._view is not None and digest(data) == self._digest:
            return self._view
        with self._store.transaction():
            view = open_bytes(data, self.cluster, self.version, self.root_version)
            if self._view is None or view.version > self._view.version:
                self._store.keep_fact(_BUNDLE, data)
                self._marks.raise_to("snapshot", _SUBJECT, Mark(view.version))
                self._digest, self._view = digest(data), view
        self._clock.raise_floor(parse_time(view.body.issued))
        return view
