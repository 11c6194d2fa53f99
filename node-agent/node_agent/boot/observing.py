"""Looks at the machine: channels and network cards. Reads only, and believes nothing yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from node_agent.boot import channels
from node_agent.boot.network import Card
from node_agent.boot.offers import Channel, Offer
from node_agent.boot.places import Places
from node_agent.boot.site import Image
from node_agent.boot.site import image as parse_image
from sal import interfaces


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


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
