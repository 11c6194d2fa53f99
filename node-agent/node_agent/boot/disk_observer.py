"""Looks at the disks, and knows whether more of them are to be expected: the first empty one is taken for good."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from node_agent.boot import disks
from node_agent.boot.places import Places
from sal import block
from sal.block import Disk, Partition, Surface
from sal.errors import SalError
from sal.gpt import Table

SETTLE_SECONDS = 2.0
DRIVER_SECONDS = 60.0
_LOADING = "Loading"


class DiskObserver:
    """Looks at the disks, and knows for how long no new one has come."""

    def __init__(self, places: Places, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._places, self._elapsed = places, elapsed
        self._names = _names(block.disks(places.root))
        self._began = elapsed()
        self._changed = self._began - _quiet_seconds(places, self._names)

    def look(self) -> tuple[disks.Seen, ...]:
        """The disks with what is on them."""
        found = block.disks(self._places.root)
        names = _names(found)
        if names != self._names or self._drivers_start():
            self._names, self._changed = names, self._elapsed()
        return tuple(self._seen(disk) for disk in found)

    @property
    def settled(self) -> bool:
        """Whether the kernel seems to have found them all, as the last look saw it."""
        return self._elapsed() - self._changed >= SETTLE_SECONDS

    @property
    def drivers_load(self) -> bool:
        """Whether drivers of what was there at power-on are still loaded; they are waited for a minute at most."""
        return self._patient and not self._places.drivers.exists()

    @property
    def _patient(self) -> bool:
        return self._elapsed() - self._began < DRIVER_SECONDS

    def _drivers_start(self) -> bool:
        """A driver that still starts may bring more disks; one that never ends is not waited for either."""
        return self.drivers_load or (self._patient and loading(_modules(self._places)))

    def _seen(self, disk: Disk) -> disks.Seen:
        named = [each for each in disk.partitions if each.name == disks.POOL]
        pools = tuple((each, self._partition_surface(each)) for each in named)
        surface = self._surface(disk) if disks.looked_at(disk) else None
        return disks.Seen(disk, surface, pools)

    def _surface(self, disk: Disk) -> Surface:
        """A disk that cannot be read is not written either."""
        try:
            return block.disk_surface(self._places.device(disk.name), table_of(disk))
        except SalError:
            return Surface.OTHER

    def _partition_surface(self, partition: Partition) -> Surface:
        try:
            return block.partition_surface(self._places.device(partition.device))
        except SalError:
            return Surface.OTHER


def _names(found: Iterable[Disk]) -> tuple[str, ...]:
    return tuple(disk.name for disk in found)


def _quiet_seconds(places: Places, names: Iterable[str]) -> float:
    """For how long nothing has come, as the files tell: before the first look nobody has set the clock."""
    with suppress(OSError):
        newest = max(file.stat().st_mtime for file in (places.drivers, *map(places.device, names)))
        return max(0.0, min(time.time() - newest, SETTLE_SECONDS))
    return 0.0


def loading(modules: str) -> bool:
    """Whether a driver is not through with looking for its devices (`/proc/modules`, fifth word). Pure."""
    return any(line.split()[4:5] == [_LOADING] for line in modules.splitlines())


def table_of(disk: Disk) -> Table:
    """The partition table that a disk gets. Pure."""
    return Table(disks.POOL, disk.size, disk.sector, disk.serial)


def _modules(places: Places) -> str:
    try:
        return places.modules.read_text(errors="replace")
    except OSError:
        return ""
