"""What is done to a boot partition, in an order in which a cut at any moment leaves a machine that starts. Pure.

An image without an entry is never started by the loader. So the new one is written before anything points to it, and
what is removed is never what runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from trust.release import newest


class Act(Enum):
    """What is done; each is durable before the next begins."""

    REMOVE_ENTRY = "remove the entry"
    REMOVE_IMAGE = "remove the image"
    WRITE_IMAGE = "write the image"
    WRITE_ENTRY = "write the entry"


@dataclass(frozen=True)
class Action:
    """An act on a version."""

    act: Act
    version: str


@dataclass(frozen=True)
class Slots:
    """What is on the partition: versions with an entry, and versions with an image, whole or not."""

    entries: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()

    def kept(self, version: str) -> bool:
        """Whether the loader starts this version when no newer one has an entry."""
        return version in self.entries and version in self.images

    @property
    def first(self) -> str:
        """The version that the loader starts; empty: none."""
        return newest(self.entries)


def installing(slots: Slots, running: str, wanted: str) -> tuple[Action, ...]:
    """Makes room and writes the wanted image. What runs must be what the loader starts."""
    return (
        *(Action(Act.REMOVE_ENTRY, each) for each in sorted(slots.entries - {running})),
        *(Action(Act.REMOVE_IMAGE, each) for each in sorted(slots.images - {running})),
        Action(Act.WRITE_IMAGE, wanted),
    )


def keeping(slots: Slots, running: str) -> tuple[Action, ...]:
    """From here on the loader starts what runs; nothing when it does so already, or when it lies elsewhere."""
    if running in slots.entries or running not in slots.images:
        return ()
    return (Action(Act.WRITE_ENTRY, running),)


def objection(slots: Slots, running: str) -> str:
    """Why this partition can take no second image; empty when it can."""
    if slots.kept(running) and slots.first == running:
        return ""
    if running in slots.images:
        return f"version {running} is on trial itself: wait until it reports"
    return "this node's boot medium holds one image only: make it anew with `hardpan image usb`"
