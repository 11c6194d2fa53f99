"""mkfs.btrfs killed at any moment: what is left is known as unfinished, or is whole, and can be made anew."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from sal.block import Surface, disk_surface, partition_surface
from sal.command import SystemRunner
from sal.errors import CommandFailed
from sal.filesystem import make_btrfs, make_sparse
from sal.gpt import MIB, Table, render
from tests.system.requirements import need

pytestmark = pytest.mark.system
SIZE = 2 << 30
KILLS = 25


@pytest.fixture
def partition(tmp_path: Path) -> Path:
    """A partition that never held anything."""
    need("btrfs")
    file = tmp_path / "partition"
    make_sparse(file, SIZE)
    return file


def seconds_of_mkfs(file: Path) -> float:
    """How long mkfs.btrfs takes here."""
    began = time.monotonic()
    make_btrfs(SystemRunner(), file, "hardpan-state")
    return time.monotonic() - began


def test_mkfs_killed_at_any_moment_leaves_what_can_be_made_anew(partition: Path) -> None:
    whole = seconds_of_mkfs(partition)
    found: set[Surface] = set()
    for number in range(KILLS):
        make_sparse(partition, SIZE)
        started = subprocess.Popen(["mkfs.btrfs", "-q", str(partition)], stderr=subprocess.DEVNULL)
        time.sleep(whole * (number + random.Random(number).random()) / KILLS)
        started.kill()
        started.wait(10)
        surface = partition_surface(partition)
        found.add(surface)
        assert surface in (Surface.BEGUN, Surface.POOL), f"after {number}/{KILLS} of its time"
        if surface is Surface.BEGUN:
            make_btrfs(SystemRunner(), partition, "hardpan-state")
            assert partition_surface(partition) is Surface.POOL
    assert Surface.BEGUN in found


def test_a_pool_is_never_formatted_again(partition: Path) -> None:
    make_btrfs(SystemRunner(), partition, "hardpan-state")
    with pytest.raises(CommandFailed, match="never overwritten"):
        make_btrfs(SystemRunner(), partition, "hardpan-state")


def test_another_file_system_on_the_partition_is_something_else(partition: Path) -> None:
    with partition.open("r+b") as file:
        file.seek(4096)
        file.write(b"x")
    assert partition_surface(partition) is Surface.OTHER


def test_a_disk_is_empty_begun_or_somebody_s(tmp_path: Path) -> None:
    disk, table = tmp_path / "disk", Table("hardpan-state", 64 * MIB, 512, "QM1")
    make_sparse(disk, table.size)
    assert disk_surface(disk, table) is Surface.EMPTY
    with disk.open("r+b") as file:
        for offset, data in render(table)[:3]:
            file.seek(offset)
            file.write(data)
    assert disk_surface(disk, table) is Surface.BEGUN
    with disk.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"x")
    assert disk_surface(disk, table) is Surface.OTHER
