"""A machine's boot medium, firmware variables and pool in a folder, and an installer of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from node_agent.fetching_apart import LATER
from node_agent.update.documents import Attempt, Desk, Order, Shelf, read
from node_agent.update.install import Installer
from node_agent.update.partition import BootPartition
from sal import boot_entries
from sal.command import Command, Output
from sal.efi_boot import VARIABLES, BootVariables
from sal.testing import FakeRunner
from trust.keys import digest

PARTITION = "48415244-5041-4e00-8000-000000000002"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
IMAGE = b"the new image"


def order(image: bytes = IMAGE, version: str = "0.2.0", asked: str = "2026-11-26T09:00:00Z") -> Order:
    """An order for an image."""
    url = "http://images.example/new.efi"
    return Order(release="new", asked=asked, version=version, digest=digest(image), size=len(image), url=url)


@dataclass
class Bench:
    """The folder stands for the machine's root; `served` is what the server gives, None while it is away."""

    root: Path
    served: bytes | None = IMAGE
    runner: FakeRunner = field(default_factory=FakeRunner)

    def __post_init__(self) -> None:
        self.medium = self.root / "medium"
        self.disk("vda", boot_entries.LOADER)
        self.put("0.1.0", b"the old image", entry=True)
        (self.root / VARIABLES).mkdir(parents=True)
        self.runner.on("mount *").on("blkid *", f"{PARTITION}\n".encode())
        self.runner.on_call("*node_agent.update.fetch*", self._fetch)
        self.partition = BootPartition(self.root, self.medium, self.runner)
        self.shelf, self.desk = Shelf(self.root / "pool/update"), Desk(self.root / "run")
        self.installer = Installer(self.shelf, self.partition, BootVariables(self.root), self.runner, 65_533)

    def disk(self, name: str, _: str = "", read_only: bool = False) -> None:
        """A disk with a boot partition."""
        folder = self.root / "sys/class/block" / name
        part = folder / f"{name}1"
        part.mkdir(parents=True)
        (folder / "size").write_text("262144\n")
        (folder / "ro").write_text(f"{int(read_only)}\n")
        (part / "uevent").write_text("DEVTYPE=partition\nPARTN=1\nPARTNAME=hardpan-boot\n")
        facts = {"partition": "1", "start": "2048", "size": "204800"}
        for key, value in facts.items():
            (part / key).write_text(f"{value}\n")
        link = self.root / "sys/class/block" / f"{name}1"
        link.symlink_to(part)

    def put(self, version: str, image: bytes, entry: bool = False) -> None:
        """An image on the medium."""
        files = {boot_entries.image_file(version): image}
        files |= {boot_entries.entry_file(version): boot_entries.entry_text(version)} if entry else {}
        for name, data in files.items():
            (self.medium / name).parent.mkdir(parents=True, exist_ok=True)
            (self.medium / name).write_bytes(data)

    def _fetch(self, command: Command) -> Output:
        if self.served is None:
            return Output(LATER, b"", b"http://images.example cannot be fetched: refused")
        Path(command.argv[4]).write_bytes(self.served)
        return Output(0, b"", b"")

    def variable(self, name: str) -> bytes | None:
        """A variable of the firmware."""
        file = self.root / VARIABLES / f"{name}-{GLOBAL}"
        return file.read_bytes() if file.exists() else None

    def set(self, name: str, number: int) -> None:
        """The firmware sets a variable."""
        (self.root / VARIABLES / f"{name}-{GLOBAL}").write_bytes(struct.pack("<IH", 6, number))

    @property
    def attempt(self) -> Attempt | None:
        """What is tried."""
        return read(self.shelf.attempt, Attempt)

    @property
    def files(self) -> set[str]:
        """Images and entries on the medium."""
        folders = (self.medium / boot_entries.IMAGES, self.medium / boot_entries.ENTRIES)
        return {each.name for folder in folders if folder.is_dir() for each in folder.iterdir()}


Made = Callable[[], Bench]
