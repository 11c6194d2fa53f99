"""The cache of packages: what came once is not asked for again, and only what the lock names is kept."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from efi.errors import LockWrong
from efi.lock import PACKAGE, WHEEL, Item, Lock
from efi.store import KEPT, UNUSED_SECONDS, Store, keep_newest
from sal.command import Command, Output
from sal.errors import CommandFailed

CONTENT = {"zstd": b"the package", "anyio": b"the wheel"}


def _item(kind: str, name: str) -> Item:
    return Item(kind, name, "1.0", hashlib.sha256(CONTENT[name]).hexdigest())


LOCK = Lock(datetime(2026, 11, 26, tzinfo=UTC), (_item(PACKAGE, "zstd"), _item(WHEEL, "anyio")))


class Servers:
    """apt and pip, which write what they serve into the folder that they are told."""

    def __init__(
        self, package: bytes = CONTENT["zstd"], wheel: bytes = CONTENT["anyio"], old_lists: bool = False
    ) -> None:
        self.asked: list[str] = []
        self.old_lists = old_lists
        self._package, self._wheel = package, wheel

    def run(self, command: Command) -> Output:
        """See Runner."""
        words = command.argv
        self.asked.append(" ".join(words))
        if "indextargets" in words:
            return Output(0, b"http://deb.example/debian bookworm main Packages\n", b"")
        if "apt-get" in words and "download" in words:
            if self.old_lists and not any("Dir::State::lists" in each for each in words):
                raise CommandFailed(words, 100, "E: Version '1.0' for 'zstd' was not found")
            (Path(words[2]) / "zstd_1.0_amd64.deb").write_bytes(self._package)
        elif "download" in words:
            (Path(words[-1]) / "anyio-1.0-py3-none-any.whl").write_bytes(self._wheel)
        return Output(0, b"", b"")


def test_what_came_is_kept_by_its_digest_and_never_asked_for_again(tmp_path: Path) -> None:
    servers = Servers()
    store = Store(tmp_path, servers)
    store.ensure(LOCK)
    assert [store.path(each).read_bytes() for each in LOCK.items] == [b"the package", b"the wheel"]
    asked = len(servers.asked)
    store.ensure(LOCK)
    assert len(servers.asked) == asked


@pytest.mark.parametrize("servers", [Servers(package=b"another"), Servers(wheel=b"another")], ids=["package", "wheel"])
def test_another_content_under_the_same_version_is_refused(tmp_path: Path, servers: Servers) -> None:
    store = Store(tmp_path, servers)
    with pytest.raises(LockWrong, match=r"not what the lock names: (zstd|anyio) 1\.0"):
        store.ensure(LOCK)
    assert not all(store.path(each).exists() for each in LOCK.items)


def test_only_what_is_missing_is_fetched(tmp_path: Path) -> None:
    servers = Servers()
    store = Store(tmp_path, servers)
    store.ensure(Lock(LOCK.built, LOCK.of(PACKAGE)))
    store.ensure(LOCK)
    assert sum("apt-get" in each for each in servers.asked) == 1


def test_lists_of_the_machine_that_are_too_old_are_made_up_for(tmp_path: Path) -> None:
    servers = Servers(old_lists=True)
    store = Store(tmp_path, servers)
    store.ensure(LOCK)
    assert store.path(LOCK.items[0]).read_bytes() == b"the package"
    assert (tmp_path / "apt" / "sources.list").read_text().endswith("bookworm main non-free-firmware\n")
    assert any("apt-get -o" in each and each.endswith("update") for each in servers.asked)


def test_what_no_lock_has_named_for_a_season_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path, Servers())
    store.ensure(LOCK)
    other = store.folder / "files" / "another lock's"
    for age, left in ((UNUSED_SECONDS - 60, True), (UNUSED_SECONDS + 60, False)):
        other.touch()
        for each in (other, *map(store.path, LOCK.items)):
            os.utime(each, (time.time() - age,) * 2)
        store.ensure(LOCK)
        assert other.exists() == left
    assert all(store.path(each).exists() for each in LOCK.items)


def test_what_was_used_last_stays_and_the_rest_can_be_made_again(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        made = tmp_path / str(number)
        made.mkdir() if number % 2 else made.touch()
        os.utime(made, (number, number))
    os.utime(tmp_path / "0", (100, 100))
    keep_newest(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["0", "3", "4", "5"]
