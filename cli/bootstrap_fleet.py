"""The nodes as the bootstrap server hears of them: through kubectl; of releases only those that the operator signed.

What the server believes here chooses among images that its operator put there; what a node may run it checks itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.cluster import Cluster
from cli.errors import CliError
from cli.pages import all_of
from cli.seen import Seen, one_line, seen
from cli.upgrade import WAITS
from efi.bootstrap.pins import FleetAway, Node, Wanted
from trust.release import is_version, newest, order

FRESH_SECONDS = 2.0
AWAY_SECONDS = 30.0
ANSWER_SECONDS = 5.0


@dataclass
class ClusterFleet:
    """Asks once for all machines that start in the same moment, and for a while not again who gave no answer."""

    cluster: Cluster
    elapsed: Callable[[], float] = time.monotonic
    _ask_at: float = field(default=-math.inf, init=False)
    _away: str = field(default="", init=False)
    _nodes: tuple[Node, ...] | None = field(default=None, init=False)

    def nodes(self) -> tuple[Node, ...]:
        """See Fleet."""
        if self.elapsed() >= self._ask_at:
            self._ask()
        if self._nodes is None:
            raise FleetAway(self._away)
        return self._nodes

    def _ask(self) -> None:
        try:
            found = [each for kind in ("nodes", "releases") for each in self._all(kind)]
            self._nodes, pause = nodes(found), FRESH_SECONDS
        except CliError as error:
            # After a power cut all nodes start before their control plane: if each asked anew, the last waited for all.
            self._nodes, self._away, pause = None, str(error), AWAY_SECONDS
        self._ask_at = self.elapsed() + pause

    def _all(self, kind: str) -> Iterator[Mapping[str, Any]]:
        return all_of(self.cluster.kubectl, kind, ANSWER_SECONDS)


def nodes(found: Iterable[Mapping[str, Any]]) -> tuple[Node, ...]:
    """Those of these objects that run from a boot image and that somebody approved. Pure."""
    objects = [seen(str(each.get("kind")), each) for each in found]
    releases = {each.name: each for each in objects if each.kind == "Release" and _counts(each)}
    made = (_node(each, releases) for each in objects if each.kind == "Node" and _is_approved(each))
    return tuple(each for each in made if is_version(each.version))


def _is_approved(node: Seen) -> bool:
    """Whether its word on its machine counts: anybody may register, and say of himself what he wants."""
    approved, given_up = node.condition("Approved"), node.spec.get("removal") == "Forget"
    return bool(node.spec.get("certificate")) and not given_up and approved is not None and approved.status == "True"


def _works(node: Seen) -> bool:
    """Whether the version that it reports was a working node; one that is tried reports long before it is."""
    current = node.condition("UpToDate")
    said = current is not None and (current.status, current.reason) == ("True", "Current")
    return said or (node.status.get("image") or {}).get("works") is True


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
        works=_works(found),
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
