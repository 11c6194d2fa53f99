"""From an order to an image that is tried at the next start: fetched, compared, written beside the running one."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from node_agent.errors import Refused, TryAgain
from node_agent.fetching_apart import LATER, NEVER
from node_agent.update.documents import Attempt, Order, Shelf
from node_agent.update.partition import BootPartition, Folder
from node_agent.update.slots import Act, installing, objection
from sal import boot_entries
from sal.command import Command, Runner
from sal.efi_boot import BootVariables, Place, load_option
from sal.errors import SalError, os_errors

FETCH_SECONDS = 3700.0
# What a file system of an image's size needs besides the image.
SPARE = 1 << 20


@dataclass(frozen=True)
class Installer:
    """Installs on this machine. `user` is who fetches. Raises TryAgain, Refused with the reason, SalError.

    `pinned`: images come from the bootstrap server at each start, and it gives the ordered one at the next.
    """

    shelf: Shelf
    partition: BootPartition
    variables: BootVariables
    runner: Runner
    user: int
    pinned: bool = False

    def install(self, order: Order, running: str) -> None:
        """Afterwards the next start, and only that one, is of the new image."""
        if self.pinned:
            self.shelf.begin(Attempt(order=order))
            return
        with self.partition.mounted() as folder:
            self._require_room(folder, order, running)
        place = self.partition.place()
        self._fetch(order)
        fetched = self.shelf.image(order.digest)
        self._require_digest(order, _digest(fetched))
        with self.partition.mounted() as folder:
            for action in installing(folder.slots(), running, order.version):
                folder.apply(action, fetched)
        with self.partition.mounted() as folder:
            self._require_digest(order, folder.digest(order.version))
        self._try_at_the_next_start(order, place)
        self.shelf.forget_images()

    def take_back(self) -> None:
        """The next start is of the image that runs after all."""
        if not self.pinned:
            self.variables.cancel()
        self.shelf.clear()

    def _try_at_the_next_start(self, order: Order, place: Place) -> None:
        option = load_option(f"Hardpan {order.version}", place, boot_entries.image_file(order.version))
        self.shelf.begin(Attempt(order=order))
        try:
            self.variables.start_once(option)
        except SalError:
            self.shelf.clear()
            raise

    def _require_room(self, folder: Folder, order: Order, running: str) -> None:
        slots = folder.slots()
        if why := objection(slots, running):
            raise Refused("NoSlots", why)
        for action in installing(slots, running, order.version):
            if action.act is not Act.WRITE_IMAGE:
                folder.apply(action)
        if folder.free() < order.size + SPARE:
            room = f"{folder.free() >> 20} MiB are free on the boot medium, {order.size >> 20} are needed"
            raise Refused("NoRoom", f"{room}: make it anew with `hardpan image usb`")

    def _fetch(self, order: Order) -> None:
        target = self.shelf.image(order.digest)
        with os_errors(target):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.shelf.forget_images(but=target)
            if not target.exists() or target.stat().st_size > order.size:
                target.write_bytes(b"")
        words = (
            sys.executable,
            "-m",
            "node_agent.update.fetch",
            order.url,
            str(target),
            str(order.size),
            str(self.user),
        )
        environment = {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
        command = Command(
            words, environment=environment, timeout_seconds=FETCH_SECONDS, accepted_codes=(0, NEVER, LATER)
        )
        done = self.runner.run(command)
        reason = done.stderr.decode(errors="replace").strip()
        if done.code == LATER:
            raise TryAgain("ImageUnreachable", reason)
        if done.code == NEVER:
            target.unlink(missing_ok=True)
            raise Refused("WrongDigest", reason)

    def _require_digest(self, order: Order, found: str) -> None:
        if f"sha256:{found}" != order.digest:
            self.shelf.forget_images()
            message = f"what {order.url} gives has SHA-256 {found[:12]}…, signed is {order.digest[7:19]}…"
            raise Refused("WrongDigest", message)


def _digest(file: Path) -> str:
    with os_errors(file), file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
