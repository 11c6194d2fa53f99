"""The pool on a real btrfs: the contract, a kill at any step, a full disk, and what a guest may write to a volume."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sal import btrfs, quota
from sal.btrfs_pool import BtrfsPool
from sal.command import Command, SystemRunner
from sal.errors import CommandFailed, NoSpace, Refused
from sal.pool import SUBVOLUMES
from tests.system.btrfs_disk import btrfs_disk
from tests.system.requirements import need
from tests.unit.sal.pool_contract import MIB, NAME, PoolContract, files, image

pytestmark = pytest.mark.system
RUNNER = SystemRunner()


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A btrfs of 2 GiB."""
    need("btrfs", "ext4")
    with tempfile.TemporaryDirectory(prefix="hp-pool-") as folder, btrfs_disk(Path(folder)) as mounted:
        yield mounted


def emptied(root: Path) -> None:
    """Takes all out of a pool."""
    for name in SUBVOLUMES:
        for each in btrfs.subvolumes(root / name):
            btrfs.delete_subvolume(root / name / each)
        RUNNER.run(Command(("find", str(root / name), "-mindepth", "1", "-delete")))


@pytest.fixture
def pool(disk: Path) -> Iterator[BtrfsPool]:
    """An empty pool."""
    made = BtrfsPool(disk, RUNNER)
    made.prepare()
    yield made
    emptied(disk)


class TestBtrfsPool(PoolContract):
    """A real btrfs keeps the contract."""


def test_a_folder_on_another_file_system_is_no_pool() -> None:
    need("btrfs")
    with pytest.raises(Refused, match="give the node a btrfs file system"):
        BtrfsPool(Path("/proc"), RUNNER).prepare()


def test_a_volume_is_a_subvolume_with_a_limit_and_a_clean_ext4(pool: BtrfsPool) -> None:
    pool.create_volume(NAME, 64 * MIB)
    folder = pool.root / "@volumes" / NAME
    assert btrfs.is_subvolume(folder)
    assert quota.counted(folder).limit == 3 * 64 * MIB + 64 * MIB
    RUNNER.run(Command(("e2fsck", "-fn", str(pool.volume_disk(NAME)))))
    label = RUNNER.run(Command(("e2label", str(pool.volume_disk(NAME)))))
    assert label.text == "data\n"


def test_a_guest_may_overwrite_all_of_its_volume_more_than_once(pool: BtrfsPool) -> None:
    pool.create_volume(NAME, 64 * MIB)
    with pool.volume_disk(NAME).open("r+b") as opened:
        for turn in range(3):
            for place in range(0, 64 * MIB, 4096 << turn):
                os.pwrite(opened.fileno(), os.urandom(4096 << turn), place)
            os.fsync(opened.fileno())


def test_what_runs_away_stops_at_the_limit(pool: BtrfsPool) -> None:
    pool.create_volume(NAME, 8 * MIB)
    with pytest.raises(OSError, match="quota exceeded"):
        _fill(pool.root / "@volumes" / NAME / "other", 200)


def test_the_limit_grows_with_the_volume_and_goes_with_it_to_the_bin(pool: BtrfsPool) -> None:
    pool.create_volume(NAME, 8 * MIB)
    pool.grow_volume(NAME, 64 * MIB)
    pool.bin_volume(NAME)
    assert quota.counted(pool.root / "@bin" / pool.binned(NAME)[0]).limit == 256 * MIB


def test_a_clone_takes_no_space_until_it_is_written(pool: BtrfsPool) -> None:
    source = image(pool, 64 * MIB)
    os.sync()
    before = pool.usage().free
    for number in range(8):
        pool.clone_image(source, pool.machine_folder(f"m-{number}") / "root-x.raw", 1 << 30)
    os.sync()
    assert before - pool.usage().free < 32 * MIB


CHILD = """
import os, sys
from pathlib import Path
from sal import btrfs, btrfs_pool as pools, quota
from sal.command import SystemRunner
step, when, root, size = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
module, name = {"create_subvolume": (btrfs, step), "limit": (quota, step)}.get(step, (pools, step))
real = getattr(module, name)
def killed(*arguments):
    if when == "after":
        real(*arguments)
    os._exit(9)
setattr(module, name, killed)
pools.BtrfsPool(root, SystemRunner()).create_volume(sys.argv[5], size)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["create_subvolume", "limit", "make_sparse", "make_ext4", "sync_file", "move"])
def test_killed_at_any_step_there_is_no_volume_or_a_whole_one(pool: BtrfsPool, step: str, when: str) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    argv = (sys.executable, "-c", CHILD, step, when, str(pool.root), str(64 * MIB), NAME)
    RUNNER.run(Command(argv, environment=environment, accepted_codes=(9,)))
    assert pool.volume_size(NAME) == (64 * MIB if (step, when) == ("move", "after") else None)
    if step == "make_sparse":
        pool.prepare()
        assert files(pool) == set()
    pool.create_volume(NAME, 64 * MIB)
    assert files(pool) == {f"@volumes/{NAME}", f"@volumes/{NAME}/disk.raw"}
    assert quota.counted(pool.root / "@volumes" / NAME).limit is not None
    RUNNER.run(Command(("e2fsck", "-fn", str(pool.volume_disk(NAME)))))


def test_on_a_full_disk_a_volume_is_refused_whole_and_room_makes_it_work() -> None:
    need("btrfs", "ext4")
    with tempfile.TemporaryDirectory(prefix="hp-pool-") as folder, btrfs_disk(Path(folder), 256 * MIB) as root:
        pool = BtrfsPool(root, RUNNER)
        pool.prepare()
        with suppress(OSError):
            _fill(root / "@identity" / "ballast", 512)
        with pytest.raises(NoSpace, match="free some space"):
            # 64 GiB of ext4 need some 20 MiB of tables and journal.
            pool.create_volume(NAME, 64 << 30)
        assert files(pool) == {"@identity/ballast"}
        (root / "@identity" / "ballast").unlink()
        os.sync()
        pool.create_volume(NAME, 64 * MIB)
        assert pool.volume_size(NAME) == 64 * MIB


def _fill(file: Path, mebibytes: int) -> None:
    with file.open("wb") as opened:
        for _ in range(mebibytes):
            opened.write(os.urandom(MIB))
            opened.flush()
            os.fsync(opened.fileno())


def test_a_file_system_that_turned_read_only_is_told_as_such(pool: BtrfsPool) -> None:
    RUNNER.run(Command(("mount", "-o", "remount,ro", str(pool.root))))
    try:
        with pytest.raises(Exception, match="Read-only file system") as caught:
            pool.create_volume(NAME, 8 * MIB)
        assert not isinstance(caught.value, (CommandFailed, OSError))
    finally:
        RUNNER.run(Command(("mount", "-o", "remount,rw", str(pool.root))))
