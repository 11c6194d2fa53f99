"""The nodes as the bootstrap server hears of them: through kubectl; of releases only those that the operator signed.

What the server believes here chooses among images that its operator put there; what a node may run it checks itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.cluster import Cluster
from cli.errors import CliError
from cli.seen import Seen, one_line, seen
from cli.upgrade import WAITS
from efi.bootstrap.pins import FleetAway, Node, Wanted
from trust.release import is_version, newest, order

FRESH_SECONDS = 2.0


@dataclass
class ClusterFleet:
    """Asks once for all machines that start in the same moment."""

    cluster: Cluster
    elapsed: Callable[[], float] = time.monotonic
    _asked: float | None = field(default=None, init=False)
    _nodes: tuple[Node, ...] = field(default=(), init=False)

    def nodes(self) -> tuple[Node, ...]:
        """See Fleet."""
        if self._asked is None or self.elapsed() - self._asked >= FRESH_SECONDS:
            try:
                found = self.cluster.kubectl.list("nodes.hardpan.dev,releases.hardpan.dev")
            except CliError as error:
                raise FleetAway(str(error)) from None
            self._nodes, self._asked = nodes(found), self.elapsed()
        return self._nodes


def nodes(found: Iterable[Mapping[str, Any]]) -> tuple[Node, ...]:
    """Those of these objects that run from a boot image. Pure."""
    objects = [seen(str(each.get("kind")), each) for each in found]
    releases = {each.name: each for each in objects if each.kind == "Release" and _counts(each)}
    made = (_node(each, releases) for each in objects if each.kind == "Node")
    return tuple(each for each in made if is_version(each.version))


def _counts(release: Seen) -> bool:
    listed = release.condition("Ready")
    return listed is not None and listed.status == "True" and is_version(one_line(release.spec.get("version")))


def _node(found: Seen, releases: Mapping[str, Seen]) -> Node:
    inventory, image = found.status.get("inventory") or {}, found.status.get("image") or {}
    return Node(
        name=found.name,
        machine=one_line(inventory.get("machine")),
        cards=frozenset(one_line(each.get("address")) for each in inventory.get("cards") or ()),
        version=one_line(image.get("version")),
        order=_order(found, releases),
        since=one_line(found.metadata.get("creationTimestamp")),
    )


def _order(node: Seen, releases: Mapping[str, Seen]) -> Wanted | None:
    """What the node was asked to go to; None once it has answered, and for what nobody signed or is too old."""
    asked, said = node.spec.get("image") or {}, node.condition("UpToDate")
    release = releases.get(one_line(asked.get("release")))
    answered = said is not None and not node.stale and said.reason not in WAITS
    if release is None or answered or _too_old(release, releases.values()):
        return None
    name = f"{release.name} {one_line(asked.get('asked'))}"
    return Wanted(name, one_line(release.spec.get("digest")).removeprefix("sha256:"))


def _too_old(release: Seen, releases: Iterable[Seen]) -> bool:
    flavour = release.spec.get("flavour")
    minima = (one_line(each.spec.get("minimum")) for each in releases if each.spec.get("flavour") == flavour)
    return order(one_line(release.spec["version"])) < order(newest(each for each in minima if is_version(each)))
