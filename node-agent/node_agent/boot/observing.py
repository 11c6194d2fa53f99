"""Looks at the machine: channels, network cards, disks. Reads only, and believes nothing yet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from node_agent.boot import channels, disks
from node_agent.boot.network import Card
from node_agent.boot.offers import Channel, Offer
from node_agent.boot.places import Places
from node_agent.boot.site import Image
from node_agent.boot.site import image as parse_image
from sal import block, interfaces
from sal.block import Disk, Partition, Surface
from sal.errors import SalError
from sal.gpt import Table

SETTLE_SECONDS = 2.0
DRIVER_SECONDS = 60.0
_LOADING = "Loading"


def offers(places: Places) -> tuple[Offer, ...]:
    """All that the channels beside the image say, DHCP left out."""
    firmware = places.firmware_configuration
    configured = {each.parent.name: _bytes(each) for each in sorted(firmware.glob("*/raw"))}
    tables = (_bytes(each) for each in sorted(places.smbios.glob("11-*/raw")))
    files = {each.name: _bytes(each) for folder in places.credentials for each in sorted(folder.glob("*.cred"))}
    return (
        *_remembered(_bytes(places.remembered)),
        *channels.kernel_line(_bytes(places.kernel_line).decode(errors="replace")),
        *channels.credentials(Channel.CREDENTIALS, files),
        *channels.credentials(Channel.FIRMWARE_CONFIGURATION, configured),
        *(offer for table in tables for offer in channels.smbios(table)),
    )


def _remembered(text: bytes) -> Iterator[Offer]:
    """A file of ours; one that is damaged is as good as none."""
    try:
        gateway = json.loads(text or b"{}").get("gateway")
    except (ValueError, AttributeError):
        return
    if gateway:
        yield Offer(Channel.REMEMBERED, "gateway", str(gateway))


def remember(gateway: str) -> bytes:
    """What a later boot goes by when no channel names a gateway. Pure."""
    return json.dumps({"gateway": gateway}).encode()


def image(places: Places) -> Image:
    """What the image says of itself."""
    return parse_image(_bytes(places.os_release).decode(errors="replace"))


def own_image(places: Places) -> dict[str, str]:
    """The image as the node's settings have it; empty when it cannot be followed by another."""
    found = image(places)
    named = {"version": found.version, "flavour": found.flavour, "folder": str(places.update)}
    return named if found.comparable else {}


def cards(places: Places) -> tuple[Card, ...]:
    """The network cards with their leases."""
    return tuple(
        Card(each, channels.lease(_bytes(places.leases / f"{each.name}.env").decode(errors="replace")))
        for each in interfaces.interfaces(places.root)
    )


def mounted(places: Places) -> str:
    """The device of the pool, once it is mounted; empty before."""
    lines = (line.split() for line in _bytes(places.mounts).decode(errors="replace").splitlines())
    return next((line[0] for line in lines if line[1] == str(places.state) and line[2] == "btrfs"), "")


class DiskObserver:
    """Looks at the disks, and knows for how long no new one has come."""

    def __init__(self, places: Places, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._places, self._elapsed = places, elapsed
        self._names: tuple[str, ...] = ()
        self._began = self._changed = elapsed()

    def look(self) -> tuple[disks.Seen, ...]:
        """The disks with what is on them."""
        found = block.disks(self._places.root)
        names = tuple(disk.name for disk in found)
        if names != self._names or self._drivers_start():
            self._names, self._changed = names, self._elapsed()
        return tuple(self._seen(disk) for disk in found)

    @property
    def settled(self) -> bool:
        """Whether the kernel seems to have found them all, as the last look saw it."""
        return self._elapsed() - self._changed >= SETTLE_SECONDS

    def _drivers_start(self) -> bool:
        """A driver that still starts may bring more disks; one that never ends is waited for a minute at most."""
        patient = self._elapsed() - self._began < DRIVER_SECONDS
        return patient and loading(_bytes(self._places.modules).decode(errors="replace"))

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


def loading(modules: str) -> bool:
    """Whether a driver is not through with looking for its devices (`/proc/modules`, fifth word). Pure."""
    return any(line.split()[4:5] == [_LOADING] for line in modules.splitlines())


def table_of(disk: Disk) -> Table:
    """The partition table that a disk gets. Pure."""
    return Table(disks.POOL, disk.size, disk.sector, disk.serial)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
