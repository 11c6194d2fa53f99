"""What somebody did to a volume by hand on a real btrfs: it is seen, and mended where no data can be lost by it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sal import btrfs, quota
from sal.btrfs_pool import MARK, BtrfsPool
from sal.command import Command, SystemRunner
from sal.errors import Refused
from sal.pool import VolumeState
from tests.system.btrfs_disk import btrfs_disk
from tests.system.requirements import need
from tests.unit.sal.pool_contract import MIB, NAME, read, write

pytestmark = pytest.mark.system
RUNNER = SystemRunner()
WHOLE = VolumeState(64 * MIB)


@pytest.fixture
def pool() -> Iterator[BtrfsPool]:
    """A pool with one volume that holds a text."""
    need("btrfs", "ext4")
    with tempfile.TemporaryDirectory(prefix="hp-drift-") as folder, btrfs_disk(Path(folder)) as mounted:
        made = BtrfsPool(mounted, RUNNER)
        made.prepare()
        made.create_volume(NAME, 64 * MIB)
        write(made, b"data")
        assert made.volume_state(NAME) == WHOLE
        yield made
        assert read(made, 4) == b"data"


def by_hand(*words: object) -> None:
    """What an operator types."""
    RUNNER.run(Command(tuple(map(str, words))))


@pytest.mark.parametrize("mode", ["squota", "classic"])
def test_quotas_that_were_switched_off_come_back_with_their_limits(pool: BtrfsPool, mode: str) -> None:
    by_hand("btrfs", "quota", "disable", pool.root)
    if mode == "classic":
        by_hand("btrfs", "quota", "enable", pool.root)
    assert not pool.volume_state(NAME).limited
    pool.mend_volume(NAME)
    assert pool.volume_state(NAME) == WHOLE


def test_a_limit_that_was_changed_or_taken_away_is_set_again(pool: BtrfsPool) -> None:
    folder = pool.root / "@volumes" / NAME
    for limit in ("1M", "none"):
        by_hand("btrfs", "qgroup", "limit", limit, folder)
        assert pool.volume_state(NAME) == VolumeState(64 * MIB, limited=False)
        pool.mend_volume(NAME)
        assert quota.counted(folder).limit == 256 * MIB


def test_a_volume_that_was_made_read_only_is_writable_again(pool: BtrfsPool) -> None:
    folder = pool.root / "@volumes" / NAME
    by_hand("btrfs", "property", "set", folder, "ro", "true")
    assert pool.volume_state(NAME) == VolumeState(64 * MIB, writable=False)
    pool.mend_volume(NAME)
    assert btrfs.is_writable(folder)
    write(pool, b"data")


def test_a_renamed_volume_is_known_by_its_mark_and_a_snapshot_of_it_is_not_taken_for_it(pool: BtrfsPool) -> None:
    volumes = pool.root / "@volumes"
    btrfs.snapshot(volumes / NAME, volumes / "snapshot-of-monday")
    (volumes / NAME).rename(volumes / "old.data")
    assert pool.volume_state(NAME) == VolumeState(None, elsewhere=("old.data",))
    pool.rename_back("old.data", NAME)
    assert pool.volume_state(NAME) == WHOLE


def test_nothing_is_put_in_the_place_of_a_volume_that_is_there(pool: BtrfsPool) -> None:
    pool.create_volume("v-other", 8 * MIB)
    with pytest.raises(Refused, match="is not put in its place"):
        pool.rename_back("v-other", NAME)


def test_a_volume_of_an_earlier_version_gets_its_mark(pool: BtrfsPool) -> None:
    os.removexattr(pool.root / "@volumes" / NAME, MARK)
    assert pool.volume_state(NAME) == VolumeState(64 * MIB, marked=False)
    pool.mend_volume(NAME)
    assert pool.volume_state(NAME) == WHOLE
