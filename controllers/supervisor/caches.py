"""What the supervisor watches, and how objects are found again by what concerns them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress

from controllers.certified import Certified, without_registration
from controllers.loop.cache import Cache, Tally
from controllers.loop.controller import Everybody, Watch, everybody
from controllers.loop.objects import Object, ObjectKey, resource_of
from controllers.loop.packed import RECENT
from controllers.removed import is_forgotten
from controllers.supervisor.memo import Names, PerObject, Reserved, Uids
from controllers.supervisor.model import NodeView, WorkKind
from controllers.trust_source import TrustSource
from crds.deployment import DEPLOYMENT
from crds.job import JOB
from crds.machine import MACHINE
from crds.meta import DEPLOYMENT_LABEL, DEPLOYMENT_UID_LABEL
from crds.node import NODE
from crds.revisionmark import REVISION_MARK
from crds.volume import VOLUME
from trust.certificate import NodeCertificate
from trust.errors import Refusal
from trust.snapshot import TrustView

DEPLOYMENTS = resource_of(DEPLOYMENT)
MACHINES = resource_of(MACHINE)
VOLUMES = resource_of(VOLUME)
JOBS = resource_of(JOB)
NODES = resource_of(NODE)
MARKS = resource_of(REVISION_MARK)


def is_there(node: Object) -> bool:
    """Whether a node is one that decisions may count with."""
    return node.deletion_timestamp is None and not is_forgotten(node)


def _by_uid(seen: Object) -> Iterable[str]:
    return (seen.uid,)


def _by_deployment(seen: Object) -> Iterable[str]:
    return (seen.labels.get(DEPLOYMENT_UID_LABEL, ""),)


def _by_node(seen: Object) -> Iterable[str]:
    return (seen.spec["node"],)


def _by_removal(seen: Object) -> Iterable[bool]:
    return (True,) if seen.deletion_timestamp is not None else ()


def _by_place(mark: Object) -> Iterable[tuple[str, str]]:
    return ((mark.spec["namespace"], mark.spec["name"]),)


def deployment_key(seen: Object) -> tuple[ObjectKey, ...]:
    """The deployment that a child belongs to, by its label."""
    name = seen.labels.get(DEPLOYMENT_LABEL, "")
    return (ObjectKey(seen.namespace, name),) if name else ()


class Caches:
    """The supervisor's caches. A change of trust or of a node's state concerns every deployment."""

    def __init__(self, trust: TrustSource, jobs: Iterable[Tally] = ()) -> None:
        """`jobs` are tallies of the cache of jobs."""
        self.trust = trust
        owned = {"uid": _by_uid, "deployment": _by_deployment, "owner": deployment_key}
        placed = {**owned, "node": _by_node, "going": _by_removal}
        self.reserved, self.uids = Reserved(), Uids()
        self.deployments = Cache(DEPLOYMENTS, indexes={"uid": _by_uid}, tallies=[self.uids.count], most_open=RECENT)
        self.machines = Cache(MACHINES, indexes=placed, tallies=[self.reserved.count], most_open=RECENT)
        self.volumes = Cache(VOLUMES, indexes=placed, tallies=[self.reserved.count], most_open=RECENT)
        self.jobs = Cache(JOBS, indexes=owned, tallies=jobs, most_open=RECENT)
        self.node_names = Names(lambda node: not is_forgotten(node))
        self.nodes = Cache(NODES, without_registration, tallies=[self.node_names.count])
        self.certified = Certified(trust.view)
        self.node_views = PerObject[NodeView](self.nodes, is_there)
        self.marks = Cache(MARKS, indexes={"place": _by_place}, most_open=RECENT)
        self._view: TrustView | None = None
        self._node_states: dict[str, object] = {}

    @property
    def watches(self) -> list[Watch]:
        """What wakes which deployment."""
        children = [Watch(cache, deployment_key) for cache in (self.machines, self.volumes, self.jobs)]
        trust = [Watch(cache, everybody) for cache in self.trust.caches]
        return [
            Watch(self.deployments),
            *children,
            Watch(self.nodes, self._if_node_changed),
            Watch(self.marks, _nobody),
            *trust,
        ]

    @property
    def view(self) -> TrustView | None:
        """The trust that counts; while none can be read, the one before."""
        with suppress(Refusal):
            self._view = self.trust.view()
        return self._view

    def children(self, uid: str) -> list[Object]:
        """Machines and volumes of a deployment."""
        return [*self.machines.by("deployment", uid), *self.volumes.by("deployment", uid)]

    def child(self, key: ObjectKey, kind: WorkKind) -> Object | None:
        """The machine or volume of this name, whosever it is."""
        return (self.machines if kind == "machine" else self.volumes).get(key)

    def owners(self, key: ObjectKey) -> list[str]:
        """The uids of the deployments of this name of which something is left, whether they are there or not."""
        found = (cache.by("owner", key) for cache in (self.machines, self.volumes, self.jobs))
        return sorted({each.labels.get(DEPLOYMENT_UID_LABEL, "") for seen in found for each in seen})

    def placed_on(self, nodes: Collection[str]) -> list[Object]:
        """Machines and volumes of these nodes."""
        caches = (self.machines, self.volumes)
        return [each for cache in caches for node in sorted(nodes) for each in cache.by("node", node)]

    def key_of_uid(self, uid: str) -> ObjectKey | None:
        """The deployment with this uid."""
        return next(iter(self.deployments.keys_by("uid", uid)), None)

    def node(self, name: str) -> Object | None:
        """The node, unless it is forgotten."""
        seen = self.nodes.get(ObjectKey("", name))
        return None if seen is None or is_forgotten(seen) else seen

    def known_nodes(self) -> list[Object]:
        """All nodes but the forgotten ones."""
        return [each for each in self.nodes.all() if not is_forgotten(each)]

    def certificate(self, node: str) -> NodeCertificate | None:
        """What counts of a node; None when nobody vouches for it, or not any more."""
        seen = self.node(node)
        try:
            return self.certified.of(seen) if seen is not None else None
        except Refusal:
            return None

    def _if_node_changed(self, seen: Object) -> Iterable[ObjectKey] | Everybody:
        """Reports move a node's status all the time; what decides over deployments moves seldom."""
        if self.node(seen.name) is None:
            known = self._node_states.pop(seen.name, None) is not None
            return everybody(seen) if known else ()
        conditions = {each["type"]: each["status"] for each in seen.status.get("conditions") or ()}
        state = (conditions, seen.spec, seen.status.get("capacity"), seen.deletion_timestamp)
        if self._node_states.get(seen.name) == state:
            return ()
        self._node_states[seen.name] = state
        return everybody(seen)


def _nobody(_: Object) -> Iterable[ObjectKey]:
    return ()
