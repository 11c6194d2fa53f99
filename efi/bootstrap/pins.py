"""Which image a node that starts over the network is given: what worked there, or, once, what it was asked to go to.

The form is that of a node with a boot medium: a new image is tried by one start, and only what works is given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from efi.bootstrap.site import Image


@dataclass(frozen=True)
class Claim:
    """Who a machine says that it is: the UUID that its firmware gives it, the address of the card that it starts by."""

    machine: str = ""
    card: str = ""


@dataclass(frozen=True)
class Wanted:
    """An order for an image; `digest` is its SHA-256 in hexadecimal, `name` tells orders apart."""

    name: str
    digest: str


@dataclass(frozen=True)
class Node:
    """A node as the cluster tells of it. `version` is what it last reported to run, `works` whether that worked there.

    `order` is what it was asked to go to and has not refused, tried or reached; `since` is when it first came.
    """

    name: str
    machine: str
    cards: frozenset[str]
    version: str
    order: Wanted | None = None
    since: str = ""
    works: bool = False


@dataclass(frozen=True)
class Pin:
    """What is kept of a node: the version that works there, and the order that was tried last."""

    machine: str
    cards: tuple[str, ...]
    version: str
    tried: str = ""
    since: str = ""


@dataclass(frozen=True)
class Given:
    """What a machine is given; `node` is empty for a stranger, who gets the site's current image."""

    image: Image
    node: str = ""
    trial: bool = False


class Fleet(Protocol):
    """Whoever knows the nodes."""

    def nodes(self) -> tuple[Node, ...]:
        """All of them. Raises FleetAway."""


class FleetAway(Exception):
    """Nobody tells of the nodes now; the message says why."""


def known(pin: Pin | None, node: Node) -> Pin:
    """What is kept of a node after a look at it. What is tried reports too, and may never work there. Pure."""
    version = node.version if pin is None or node.works else pin.version
    return Pin(node.machine, tuple(sorted(node.cards)), version, pin.tried if pin else "", node.since)


def owner(claim: Claim, pins: Mapping[str, Pin]) -> str:
    """The node on this machine; the newest where a machine was several. Empty for none. Pure."""
    by_machine = [name for name, pin in pins.items() if claim.machine and pin.machine.lower() == claim.machine.lower()]
    by_card = [name for name, pin in pins.items() if claim.card.lower() in map(str.lower, pin.cards)]
    return max(by_machine or by_card, key=lambda name: (pins[name].since, name), default="")


def give(pin: Pin, order: Wanted | None, images: Iterable[Image]) -> tuple[Pin, Image | None, bool]:
    """What the node is given of these images of its flavour, whether to be tried, and what is kept then. Pure."""
    found = tuple(images)
    wanted = next((each for each in found if order is not None and each.digest == order.digest), None)
    if order is not None and wanted is not None and order.name != pin.tried and wanted.version != pin.version:
        return replace(pin, tried=order.name), wanted, True
    return pin, next((each for each in found if each.version == pin.version), None), False
