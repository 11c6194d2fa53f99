"""One site and one image of it for all boots; each test has its own machines."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.boot.guest_site import GuestSite, Media, media
from tests.boot.machine import OVMF, Machine
from tests.system.requirements import miss, need


@pytest.fixture(scope="session")
def boot_folder() -> Iterator[Path]:
    """A short folder: QEMU's socket is in it."""
    with tempfile.TemporaryDirectory(prefix="hpb-") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def site(boot_folder: Path) -> Iterator[GuestSite]:
    """A control plane with a real ledger that emulated machines can reach."""
    need("qemu", "redis")
    if not OVMF.is_dir():
        miss("booting needs OVMF: run `make setup` as root")
    (boot_folder / "site").mkdir()
    made = GuestSite(boot_folder / "site")
    yield made
    made.close()


@pytest.fixture(scope="session")
def sticks(boot_folder: Path, site: GuestSite) -> Media:
    """Makes media of the site's image."""
    # An emulated timer on a busy machine fails the kernel's check of it, which ends in a panic.
    return media(site.part(), boot_folder, words=("no_timer_check",))


@pytest.fixture
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Machine]]:
    """Makes machines, which are off after the test."""
    made: list[Machine] = []

    def make(*words: Any, **options: Any) -> Machine:
        folder = tempfile.TemporaryDirectory(prefix="hpm-")
        folders.append(folder)
        made.append(Machine(Path(folder.name), *words, **options))
        return made[-1]

    folders: list[tempfile.TemporaryDirectory[str]] = []
    yield make
    for machine in made:
        machine.cut()
    for folder in folders:
        folder.cleanup()
