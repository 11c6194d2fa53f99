"""What is kept of each node over restarts of the server, and in the hours when nobody tells of the nodes."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from efi.bootstrap.pins import Claim, Fleet, FleetAway, Given, Node, Pin, give, known, owner
from efi.bootstrap.site import Image, Site
from efi.errors import MediumWrong
from sal.errors import os_errors
from sal.filesystem import write_durably

log = logging.getLogger(__name__)
_FORM = TypeAdapter(dict[str, Pin])


class PinBook:
    """A file, by whose last words machines start while the cluster is away."""

    def __init__(self, file: Path, fleet: Fleet) -> None:
        self._file, self._fleet = file, fleet
        self._pins = _read(file)
        self._one_at_a_time = asyncio.Lock()

    async def give(self, site: Site, flavour: str, claim: Claim) -> Given | None:
        """The image for a machine that starts now; None where the site has none of this flavour. Raises SalError."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._give, site, flavour, claim)

    def _give(self, site: Site, flavour: str, claim: Claim) -> Given | None:
        nodes = self._look()
        images = tuple(each for each in site.images if each.flavour == flavour)
        name = owner(claim, self._pins)
        if not name:
            return _current(images)
        node = nodes.get(name)
        pin, image, trial = give(self._pins[name], node.order if node else None, images)
        # Written before anybody has it: a try that is cut is not made again.
        self._keep({**self._pins, name: pin})
        if image is None:
            log.warning("no image %s %s is here: it gets the current one", flavour, pin.version, extra={"object": name})
            return _current(images, name)
        log.info("starts %s%s", image.version, ", to be tried" if trial else "", extra={"object": name})
        return Given(image, name, trial)

    def _look(self) -> dict[str, Node]:
        try:
            nodes = {each.name: each for each in self._fleet.nodes()}
        except FleetAway as error:
            log.warning("nobody tells of the nodes, so each gets what it had: %s", error)
            return {}
        self._keep({name: known(self._pins.get(name), node) for name, node in nodes.items()})
        return nodes

    def _keep(self, pins: dict[str, Pin]) -> None:
        if pins != self._pins:
            text = json.dumps({name: asdict(pin) for name, pin in sorted(pins.items())}, indent=1)
            write_durably(self._file, text.encode())
            self._pins = pins


def _current(images: tuple[Image, ...], node: str = "") -> Given | None:
    return Given(images[0], node) if images else None


def _read(file: Path) -> dict[str, Pin]:
    if not file.exists():
        return {}
    with os_errors(file):
        text = file.read_bytes()
    try:
        return _FORM.validate_json(text)
    except ValidationError:
        message = f"{file} is no list of pins: remove it, and each node gets what the cluster says that it runs"
        raise MediumWrong(message) from None
