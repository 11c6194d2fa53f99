"""Chooses the disk of the node's pool. A disk that holds anything is never written to, whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sal.block import Disk, Partition, Surface

POOL = "hardpan-state"
SMALLEST = 1 << 30
_GIB = 1 << 30
_SHOWN = 4


@dataclass(frozen=True)
class Seen:
    """A disk with what is on it: on its own surface (None: nobody looked) and on each partition of our name."""

    disk: Disk
    surface: Surface | None = None
    pools: tuple[tuple[Partition, Surface], ...] = ()


class Act(Enum):
    """What to do for a pool; each is done whole, and then everything is looked at again."""

    MOUNT = "mount"
    FORMAT = "format"
    PARTITION = "partition"
    WAIT = "wait"


@dataclass(frozen=True)
class Choice:
    """The next act, the device it is for, and why in words; `stuck` when a person has to do something."""

    act: Act
    why: str
    device: str = ""
    disk: Disk | None = None
    stuck: bool = False


def looked_at(disk: Disk) -> bool:
    """Whether the disk could become the pool, so that its surface matters. Pure."""
    return not objection(Seen(disk))


def choose(seen: Iterable[Seen], settled: bool) -> Choice:
    """The pool that is there, or else the first empty disk once `settled`: the kernel finds no more disks. Pure."""
    found = tuple(seen)
    pools = [(each.disk, partition, surface) for each in found for partition, surface in each.pools]
    if len(pools) > 1:
        names = " and ".join(partition.device for _, partition, _ in pools)
        return _stuck(f"{names} both are pools of a node: remove the disk that is not this machine's")
    if pools:
        return _use(*pools[0])
    if not settled:
        return Choice(Act.WAIT, "looks for disks")
    candidates = [each for each in found if not objection(each)]
    begun = [each for each in candidates if each.surface is Surface.BEGUN]
    for each in begun or candidates:
        why = "its preparation was interrupted" if begun else "the first empty disk"
        return Choice(Act.PARTITION, f"{described(each.disk)}: {why}", each.disk.name, each.disk)
    return _stuck(_no_disk(found))


def _use(disk: Disk, partition: Partition, surface: Surface) -> Choice:
    if surface is Surface.POOL:
        return Choice(Act.MOUNT, f"{described(disk)}: this node's pool", partition.device, disk)
    if surface in (Surface.BEGUN, Surface.EMPTY):
        return Choice(Act.FORMAT, f"{described(disk)}: being prepared", partition.device, disk)
    sentence = f"{partition.device} is called {POOL} and holds no btrfs: restore it, or empty the disk"
    return _stuck(f"{sentence} to enrol this machine as a new node")


def objection(seen: Seen) -> str:
    """Why a disk cannot become the pool; empty when it can. Pure."""
    disk = seen.disk
    if disk.removable:
        return "removable"
    if disk.read_only:
        return "read-only"
    if disk.size < SMALLEST:
        return "smaller than 1 GiB"
    if disk.partitions or seen.surface is Surface.OTHER:
        return "not empty"
    return ""


def _no_disk(found: tuple[Seen, ...]) -> str:
    if not found:
        return "there is no disk: attach one of at least 1 GiB, or use an image with this machine's disk driver"
    shown = ", ".join(f"{each.disk.name} is {objection(each)}" for each in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"no empty disk: {shown}{more}; attach an empty one, or empty one of these (wipefs --all)"


def _stuck(why: str) -> Choice:
    return Choice(Act.WAIT, why, stuck=True)


def described(disk: Disk) -> str:
    """Name, size and serial number. Pure."""
    serial = f", serial {disk.serial}" if disk.serial else ""
    return f"{disk.name}, {disk.size / _GIB:.3g} GiB{serial}"
