"""The trust in force, opened from what the watches hold: root chain, snapshot and the records that it lists."""

from __future__ import annotations

from collections.abc import Mapping

from controllers.loop.cache import Cache, Tally
from controllers.loop.controller import Watch
from controllers.loop.objects import ObjectKey, resource_of
from crds.jointoken import JOIN_TOKEN
from crds.meta import KindDefinition
from crds.release import RELEASE
from crds.supervisor import SUPERVISOR
from crds.tenant import TENANT
from crds.trust import TRUST
from crds.user import USER
from trust.errors import Code, Refusal
from trust.records import Record
from trust.snapshot import Bundle, TrustView, open_bundle

RECORD_KINDS = (USER, TENANT, SUPERVISOR, JOIN_TOKEN, RELEASE)
TRUST_KEY = ObjectKey("", "cluster")


class TrustSource:
    """Opens trust anew whenever an object of it changed, and never an older snapshot or root than it has opened."""

    def __init__(self, cluster: str, tallies: Mapping[str, Tally] | None = None) -> None:
        """`tallies` of its caches, by kind."""

        def cache(kind: KindDefinition) -> Cache:
            tally = (tallies or {}).get(kind.kind)
            return Cache(resource_of(kind), tallies=[tally] if tally else ())

        self.cluster = cluster
        self._trust = cache(TRUST)
        self._records = {kind.kind: cache(kind) for kind in RECORD_KINDS}
        self._versions: tuple[int, ...] = ()
        self._opened: tuple[TrustView, Bundle] | Refusal = Refusal(Code.NO_TRUST, "trust has not been read yet")
        self._floors = (0, 0)

    @property
    def watches(self) -> list[Watch]:
        """The watches that keep it current; they wake nobody by themselves."""
        return [Watch(cache, lambda _: ()) for cache in self.caches]

    @property
    def caches(self) -> list[Cache]:
        """The caches of its kinds."""
        return [self._trust, *self._records.values()]

    def records(self, kind: str) -> Cache:
        """The cache of one kind of record."""
        return self._records[kind]

    def view(self) -> TrustView:
        """What counts now. Raises Refusal."""
        return self._current()[0]

    def bundle(self) -> Bundle:
        """The same as bytes for nodes, with the records that count and no others. Raises Refusal."""
        return self._current()[1]

    def _current(self) -> tuple[TrustView, Bundle]:
        versions = tuple(cache.version for cache in self.caches)
        if versions != self._versions:
            self._versions, self._opened = versions, self._open()
        if isinstance(self._opened, Refusal):
            raise self._opened
        return self._opened

    def _open(self) -> tuple[TrustView, Bundle] | Refusal:
        held = self._trust.get(TRUST_KEY)
        if held is None:
            return Refusal(
                Code.NO_TRUST, "no trust is installed: an operator runs `hardpan init` and applies its files"
            )
        records = [
            Record(each.resource.kind, each.name, each.spec) for cache in self._records.values() for each in cache.all()
        ]
        roots = tuple(text.encode() for text in held.spec["roots"])
        try:
            view = open_bundle(
                Bundle(roots, held.spec["snapshot"].encode(), tuple(records)), self.cluster, *self._floors
            )
        except Refusal as refusal:
            return refusal
        self._floors = (max(self._floors[0], view.version), max(self._floors[1], view.root.document.version))
        listed = tuple(each for each in records if view.body.records.get(each.key) == each.digest)
        return view, Bundle(roots, held.spec["snapshot"].encode(), listed)
