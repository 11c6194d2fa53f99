"""Chooses a node for each resource that has none: filter, score, deterministic tie-break, with the reasons.

Pure. A placed resource stays where it is; a machine goes where its volumes are, in a bin as well.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from controllers.supervisor.model import Capacity, NodeView, Placed, Want
from crds.workload import MachineItem, VolumeItem


@dataclass(frozen=True)
class Request:
    """Resources that must share a node: a machine and its volumes, or a lone volume.

    `pinned` are the nodes of what is placed already; `kept` has the nodes with each volume that waits in bins.
    """

    name: str
    members: tuple[Want, ...]
    needs: Capacity
    region: str
    labels: Mapping[str, str]
    spread: str
    pinned: frozenset[str]
    kept: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True)
class Unplaced:
    """Why no node fits: nodes looked at, how many fell out by which rule, one sentence."""

    resource: str
    evaluated: int
    filtered: Mapping[str, int]
    message: str


@dataclass(frozen=True)
class Placing:
    """A request and the node it goes to."""

    request: Request
    node: str


@dataclass(frozen=True)
class Field:
    """The nodes, and what is spoken for on each: reservations, and machines per (spread group, node)."""

    nodes: Mapping[str, NodeView]
    reserved: Mapping[str, Capacity]
    spread: Mapping[tuple[str, str], int]

    def free(self, node: NodeView) -> Capacity:
        """What can still be given on the node."""
        return node.capacity - self.reserved.get(node.name, Capacity())

    def after(self, placing: Placing) -> Field:
        """The field once this request has its node."""
        node, request = placing.node, placing.request
        reserved = {**self.reserved, node: self.reserved.get(node, Capacity()) + request.needs}
        group = (request.spread, node)
        return Field(self.nodes, reserved, {**self.spread, group: self.spread.get(group, 0) + 1})


def size_of(item: MachineItem | VolumeItem) -> Capacity:
    """What an item takes on its node."""
    if isinstance(item, VolumeItem):
        return Capacity(disk=item.size, resources=1)
    return Capacity(item.cpus, item.memory, item.disk, 1)


def requests(
    wants: Iterable[Want], placed: Iterable[Placed], region: str, binned: Mapping[str, frozenset[str]] = {}
) -> list[Request]:
    """The groups of resources that still need a node, in plan order; `binned` has the nodes that keep a volume."""
    wants = list(wants)
    nodes = {each.key: each.node for each in placed}
    volumes = {want.name: want for want in wants if want.kind == "volume"}
    grouped: set[str] = set()
    found: list[Request] = []
    for want in wants:
        if not isinstance(want.item, MachineItem):
            continue
        names = [each.volume for each in want.item.volumes if each.volume not in grouped]
        grouped.update(names)
        if want.key not in nodes:
            new = [volumes[name] for name in names if ("volume", name) not in nodes]
            pinned = {nodes[("volume", v.volume)] for v in want.item.volumes if ("volume", v.volume) in nodes}
            found.append(_request(want, [want, *new], want.item, region, frozenset(pinned)))
        else:
            home = frozenset({nodes[want.key]})
            found += [
                _request(volumes[n], [volumes[n]], None, region, home) for n in names if ("volume", n) not in nodes
            ]
    lone = [want for name, want in volumes.items() if name not in grouped and want.key not in nodes]
    found += [_request(want, [want], None, region, frozenset()) for want in lone]
    return [replace(each, kept=_keepers(each, binned)) for each in found]


def _keepers(request: Request, binned: Mapping[str, frozenset[str]]) -> tuple[frozenset[str], ...]:
    return tuple(binned[each.name] for each in request.members if each.kind == "volume" and each.name in binned)


def _request(
    head: Want, members: list[Want], machine: MachineItem | None, region: str, pinned: frozenset[str]
) -> Request:
    needs = sum((size_of(want.item) for want in members), Capacity())
    labels = machine.node_labels if machine else {}
    return Request(
        f"{head.kind}/{head.name}", tuple(members), needs, region, labels, machine.spread if machine else "", pinned
    )


def place(found: Iterable[Request], field: Field) -> tuple[list[Placing], list[Unplaced]]:
    """Places the requests one after the other; what is placed counts for those after it."""
    placings: list[Placing] = []
    unplaced: list[Unplaced] = []
    for request in found:
        fitting = [node for node in field.nodes.values() if not obstacle(request, node, field)]
        if not fitting:
            unplaced.append(explain(request, field))
            continue
        best = min(fitting, key=lambda node: _score(request, node, field))
        placing = Placing(request, best.name)
        placings.append(placing)
        field = field.after(placing)
    return placings, unplaced


def obstacle(request: Request, node: NodeView, field: Field) -> str:
    """The first rule by which the node falls out, or an empty string."""
    free = field.free(node)
    checks = (
        (not node.certified, node.refusal or "not certified"),
        (not node.reachable, "unreachable"),
        (not node.schedulable, "cordoned"),
        (bool(request.region) and node.region != request.region, "other region"),
        (bool(request.pinned) and request.pinned != {node.name}, "volume elsewhere"),
        (any(node.name not in nodes for nodes in request.kept), "volume in another node's bin"),
        *((node.labels.get(name) != value, f"label {name}={value} missing") for name, value in request.labels.items()),
        (free.memory < request.needs.memory, "too little memory"),
        (free.cpus < request.needs.cpus, "too few cpus"),
        (free.disk < request.needs.disk, "too little disk"),
        (free.resources < request.needs.resources, "too many machines and volumes"),
    )
    return next((reason for fails, reason in checks if fails), "")


def _score(request: Request, node: NodeView, field: Field) -> tuple[int, int, str]:
    """Fewest of the same spread group first, then the fullest that fits, then a stable hash."""
    crowd = field.spread.get((request.spread, node.name), 0) if request.spread else 0
    tie = hashlib.sha256(f"{request.name}\0{node.name}".encode()).hexdigest()
    return (crowd, field.free(node).memory, tie)


def explain(request: Request, field: Field) -> Unplaced:
    """The counted reasons why no node fits, as one sentence."""
    reasons = Counter(obstacle(request, node, field) for node in field.nodes.values())
    where = f" in region {request.region}" if request.region else ""
    if not reasons:
        return Unplaced(request.name, 0, {}, f"no node has registered yet{where}: boot a machine or approve one")
    parts = [f"{count} {reason}{_detail(reason, request, field)}" for reason, count in reasons.most_common()]
    total = sum(reasons.values())
    return Unplaced(request.name, total, dict(reasons), f"no node fits. {total} nodes{where}: " + ", ".join(parts))


def _detail(reason: str, request: Request, field: Field) -> str:
    if reason != "too little memory":
        return ""
    most = max(field.nodes.values(), key=lambda node: (field.free(node).memory, node.name))
    need, free = request.needs.memory >> 20, max(0, field.free(most).memory >> 20)
    return f" (need {need}Mi; most free: {free}Mi on {most.name})"
