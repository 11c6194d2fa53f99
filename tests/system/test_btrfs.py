"""btrfs by ioctl, on a real one in a loop device: subvolumes, reflinks, quotas, and what it says when it refuses."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sal import btrfs, loop, quota
from sal.command import SystemRunner
from sal.errors import CommandFailed, NotFound, Refused, SalError
from sal.filesystem import make_btrfs, make_ext4, make_sparse
from tests.system.btrfs_disk import btrfs_disk
from tests.system.requirements import need

pytestmark = pytest.mark.system
MIB = 1 << 20


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A btrfs of 1 GiB."""
    need("btrfs")
    with tempfile.TemporaryDirectory(prefix="hp-btrfs-") as folder, btrfs_disk(Path(folder), 1 << 30) as mounted:
        yield mounted


@pytest.fixture
def folder(disk: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A subvolume of this test."""
    made = disk / f"test-{abs(hash(request.node.name))}"
    btrfs.create_subvolume(made)
    yield made
    for name in btrfs.subvolumes(made):
        btrfs.delete_subvolume(made / name)
    btrfs.delete_subvolume(made)


def fill(file: Path, size: int) -> None:
    """Writes random bytes until the size, and makes them durable."""
    with file.open("ab") as opened:
        for _ in range(size // MIB):
            opened.write(os.urandom(MIB))
            opened.flush()
            os.fsync(opened.fileno())


def test_btrfs_is_told_from_other_file_systems(folder: Path) -> None:
    assert btrfs.is_btrfs(folder)
    assert not btrfs.is_btrfs(Path("/proc"))
    with pytest.raises(NotFound):
        btrfs.is_btrfs(folder / "none")


def test_a_subvolume_is_told_from_a_folder(folder: Path) -> None:
    btrfs.create_subvolume(folder / "sub")
    (folder / "plain").mkdir()
    assert btrfs.subvolumes(folder) == ("sub",)
    assert not btrfs.is_subvolume(folder / "plain")
    assert not btrfs.is_subvolume(folder / "none")


def test_deleting_takes_all_within_and_again_is_no_error(folder: Path) -> None:
    btrfs.create_subvolume(folder / "sub")
    (folder / "sub" / "deep").mkdir()
    (folder / "sub" / "deep" / "file").write_text("x")
    for _ in range(2):
        btrfs.delete_subvolume(folder / "sub")
    assert list(folder.iterdir()) == []


def test_a_subvolume_is_not_made_twice(folder: Path) -> None:
    btrfs.create_subvolume(folder / "sub")
    with pytest.raises(SalError, match="sub: File exists"):
        btrfs.create_subvolume(folder / "sub")


def test_a_plain_folder_is_not_deleted_as_a_subvolume(folder: Path) -> None:
    (folder / "plain").mkdir()
    with pytest.raises(SalError, match="plain: Invalid argument"):
        btrfs.delete_subvolume(folder / "plain")


def test_a_missing_parent_is_not_found(folder: Path) -> None:
    with pytest.raises(NotFound):
        btrfs.create_subvolume(folder / "none" / "sub")


@pytest.mark.parametrize("name", ["Sub", "a b", "-a", "@", "..", "a" * 300])
def test_a_name_that_is_not_ours_never_reaches_the_kernel(folder: Path, name: str) -> None:
    with pytest.raises(Refused, match="no name of a subvolume"):
        btrfs.create_subvolume(folder / name)
    with pytest.raises(Refused, match="no name of a subvolume"):
        btrfs.delete_subvolume(folder / name)


def test_a_snapshot_keeps_what_was(folder: Path) -> None:
    btrfs.create_subvolume(folder / "sub")
    (folder / "sub" / "file").write_text("old")
    btrfs.snapshot(folder / "sub", folder / "then", read_only=True)
    btrfs.snapshot(folder / "sub", folder / "copy")
    (folder / "sub" / "file").write_text("new")
    (folder / "copy" / "file").write_text("copied")
    assert (folder / "then" / "file").read_text() == "old"
    with pytest.raises(OSError, match="Read-only"):
        (folder / "then" / "file").write_text("x")


def test_a_clone_shares_its_blocks(folder: Path) -> None:
    fill(folder / "image", 32 * MIB)
    os.sync()
    before = os.statvfs(folder).f_bfree
    for number in range(10):
        btrfs.clone_file(folder / "image", folder / f"clone-{number}")
    os.sync()
    taken = (before - os.statvfs(folder).f_bfree) * os.statvfs(folder).f_frsize
    assert (folder / "clone-9").read_bytes() == (folder / "image").read_bytes()
    assert taken < 8 * MIB


def test_there_is_no_clone_across_file_systems(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(bytes(MIB))
    with pytest.raises(SalError, match="clone"):
        btrfs.clone_file(tmp_path / "image", folder / "clone")


def test_quotas_are_simple_where_the_kernel_has_them(disk: Path) -> None:
    found = quota.enable(disk)
    assert quota.enable(disk) is found is quota.mode(disk)
    assert (found is quota.Mode.SIMPLE) == Path("/sys/fs/btrfs/features/simple_quota").exists()


def test_writes_beyond_the_limit_are_refused_and_space_comes_back(disk: Path, folder: Path) -> None:
    quota.enable(disk)
    btrfs.create_subvolume(folder / "sub")
    quota.limit(folder / "sub", 16 * MIB)
    with pytest.raises(OSError, match="Disk quota exceeded"):
        fill(folder / "sub" / "file", 32 * MIB)
    assert 8 * MIB < (folder / "sub" / "file").stat().st_size <= 16 * MIB
    (folder / "sub" / "file").unlink()
    os.sync()
    fill(folder / "sub" / "file", 4 * MIB)


def test_a_raised_limit_lets_more_in(disk: Path, folder: Path) -> None:
    quota.enable(disk)
    btrfs.create_subvolume(folder / "sub")
    quota.limit(folder / "sub", 8 * MIB)
    quota.limit(folder / "sub", 32 * MIB)
    fill(folder / "sub" / "file", 16 * MIB)
    os.sync()
    counted = quota.counted(folder / "sub")
    assert counted.limit == 32 * MIB
    assert 16 * MIB <= counted.used < 17 * MIB


def test_a_subvolume_without_a_limit_is_counted_only(disk: Path, folder: Path) -> None:
    quota.enable(disk)
    btrfs.create_subvolume(folder / "sub")
    assert quota.counted(folder / "sub").limit is None


def test_without_quotas_nothing_is_counted() -> None:
    need("btrfs")
    with tempfile.TemporaryDirectory(prefix="hp-btrfs-") as folder, btrfs_disk(Path(folder), 256 * MIB) as mounted:
        assert quota.mode(mounted) is None
        with pytest.raises(NotFound, match="enable quotas first"):
            quota.counted(mounted)


def test_classic_quotas_serve_an_older_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    need("btrfs")
    with tempfile.TemporaryDirectory(prefix="hp-btrfs-") as folder, btrfs_disk(Path(folder), 256 * MIB) as mounted:
        with monkeypatch.context() as patch:
            patch.setattr(quota, "SYSFS", tmp_path)
            assert quota.enable(mounted) is quota.Mode.CLASSIC
        assert quota.mode(mounted) is quota.Mode.CLASSIC
        btrfs.create_subvolume(mounted / "sub")
        quota.limit(mounted / "sub", 16 * MIB)
        with pytest.raises(OSError, match="Disk quota exceeded"):
            fill(mounted / "sub" / "file", 32 * MIB)


def test_a_file_system_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    need("btrfs", "ext4")
    file = tmp_path / "disk.img"
    make_sparse(file, 256 * MIB)
    make_ext4(SystemRunner(), file, "mine")
    with pytest.raises(CommandFailed, match="never overwritten"):
        make_btrfs(SystemRunner(), file, "pool")


def test_a_loop_device_is_found_by_its_file_and_gone_after(tmp_path: Path) -> None:
    need("btrfs")
    runner, file = SystemRunner(), tmp_path / "disk.img"
    make_sparse(file, MIB)
    made = loop.attach(runner, file)
    assert loop.attached(runner, file) == [made.device]
    loop.detach(runner, made.device)
    deadline = time.monotonic() + 5.0
    while loop.attached(runner, file) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert loop.attached(runner, file) == []
