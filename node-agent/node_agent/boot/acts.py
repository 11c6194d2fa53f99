"""Performs the boot's steps. Each raises SalError, OSError or NodeError, which is shown, and is tried again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from node_agent.boot import disk_observer, observing, site
from node_agent.boot.disks import POOL, Act, Choice
from node_agent.boot.node import NodeProcesses, forget_earlier_boot
from node_agent.boot.places import Places
from node_agent.boot.site import Site
from node_agent.settings import load
from sal import block
from sal.command import Command, Runner
from sal.errors import CommandFailed, SalError
from sal.filesystem import make_btrfs, write_durably

MOUNT_OPTIONS = "noatime,nosuid,nodev"
MOUNT_SECONDS = 900.0
"""After a power cut a large pool is read for minutes. One that is only slow must not be called damaged."""
_DAMAGED = "restore the disk, or empty it (wipefs --all) to enrol as a new node"


@dataclass(frozen=True)
class Acts:
    """What the boot does to this machine."""

    places: Places
    runner: Runner
    node: NodeProcesses

    def prepare(self, choice: Choice) -> None:
        """Brings the pool one step nearer."""
        device = self.places.device(choice.device)
        if choice.act is Act.PARTITION and choice.disk is not None:
            block.write_table(device, disk_observer.table_of(choice.disk))
        elif choice.act is Act.FORMAT:
            make_btrfs(self.runner, device, POOL)
        elif choice.act is Act.MOUNT:
            self._mount(device)
            forget_earlier_boot(self.places.state)

    def _mount(self, device: Path) -> None:
        words = ("mount", "-t", "btrfs", "-o", MOUNT_OPTIONS, str(device), str(self.places.state))
        try:
            self.runner.run(Command(words, timeout_seconds=MOUNT_SECONDS))
        except CommandFailed as failed:
            raise CommandFailed(failed.argv, failed.code, failed.stderr, _DAMAGED) from None

    def lay_down(self, medium: bytes, signed: Site, gateway: str) -> None:
        """Writes medium and settings, and on the pool what a later boot may go by."""
        places = self.places
        places.medium.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(places.medium / site.MEDIUM, medium)
        tpm, virtual = places.device("tpmrm0"), places.device("kvm").exists()
        made = site.settings(signed, places.medium, places.state, tpm, virtual, observing.own_image(places))
        write_durably(places.settings, made)
        self.node.lay_down(load(places.settings))
        with suppress(SalError):
            # A pool that is full must not keep the machines on it down.
            write_durably(places.remembered, observing.remember(gateway))
