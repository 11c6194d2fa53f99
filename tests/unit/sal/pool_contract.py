"""What every Pool keeps to; run over a plain folder in tests/unit and over a real btrfs in tests/system."""

from __future__ import annotations

from pathlib import Path

import pytest

from sal.errors import NotFound, Refused
from sal.pool import DISK, SUBVOLUMES, Pool

MIB = 1 << 20
NAME = "v-abcdefghij234567klmn"
OTHER = f"{NAME}.b"


def write(pool: Pool, text: bytes, name: str = NAME) -> None:
    """Puts a text where ext4 keeps nothing (its first 1024 bytes)."""
    with pool.volume_disk(name).open("r+b") as disk:
        disk.write(text)


def read(pool: Pool, length: int, name: str = NAME) -> bytes:
    """The first bytes of a volume."""
    with pool.volume_disk(name).open("rb") as disk:
        return disk.read(length)


def image(pool: Pool, size: int = MIB) -> Path:
    """An image file in the pool."""
    file = pool.root / "@images" / "image"
    file.write_bytes(b"\x01" * size)
    return file


def files(pool: Pool) -> set[str]:
    """All that is below the pool's own folders."""
    return {str(each.relative_to(pool.root)) for name in SUBVOLUMES for each in (pool.root / name).rglob("*")}


class PoolContract:
    """Subclasses give a prepared pool."""

    def test_preparing_again_changes_nothing(self, pool: Pool) -> None:
        pool.create_volume(NAME, 8 * MIB)
        before = files(pool)
        pool.prepare()
        assert files(pool) == before
        assert {each.name for each in pool.root.iterdir()} >= set(SUBVOLUMES)

    def test_a_volume_is_a_sparse_disk_of_exactly_its_size(self, pool: Pool) -> None:
        assert pool.volume_size(NAME) is None
        pool.create_volume(NAME, 64 * MIB)
        about = pool.volume_disk(NAME).stat()
        assert pool.volume_size(NAME) == about.st_size == 64 * MIB
        assert about.st_blocks * 512 < 32 * MIB
        assert files(pool) == {f"@volumes/{NAME}", f"@volumes/{NAME}/{DISK}"}

    def test_a_volume_that_is_there_stays_as_it_is(self, pool: Pool) -> None:
        pool.create_volume(NAME, 8 * MIB)
        write(pool, b"mine")
        pool.create_volume(NAME, 16 * MIB)
        assert (pool.volume_size(NAME), read(pool, 4)) == (8 * MIB, b"mine")

    def test_a_volume_grows_and_keeps_its_content(self, pool: Pool) -> None:
        pool.create_volume(NAME, 8 * MIB)
        write(pool, b"mine")
        pool.grow_volume(NAME, 16 * MIB)
        pool.grow_volume(NAME, 16 * MIB)
        assert (pool.volume_size(NAME), read(pool, 4)) == (16 * MIB, b"mine")

    def test_a_volume_never_shrinks(self, pool: Pool) -> None:
        pool.create_volume(NAME, 8 * MIB)
        with pytest.raises(Refused, match="never shrinks"):
            pool.grow_volume(NAME, 8 * MIB - 1)
        assert pool.volume_size(NAME) == 8 * MIB

    def test_what_is_not_there_does_not_grow(self, pool: Pool) -> None:
        with pytest.raises(NotFound, match=NAME):
            pool.grow_volume(NAME, MIB)

    def test_a_binned_volume_comes_back_with_its_content(self, pool: Pool) -> None:
        pool.create_volume(NAME, 8 * MIB)
        write(pool, b"mine")
        pool.bin_volume(NAME)
        assert (pool.volume_size(NAME), len(pool.binned(NAME))) == (None, 1)
        pool.restore_volume(NAME)
        assert (read(pool, 4), pool.binned(NAME)) == (b"mine", ())

    def test_the_bin_keeps_earlier_volumes_of_a_name_and_gives_the_latest(self, pool: Pool) -> None:
        for text in (b"one", b"two"):
            pool.create_volume(NAME, 8 * MIB)
            write(pool, text)
            pool.bin_volume(NAME)
        older, newer = pool.binned(NAME)
        assert older < newer
        pool.restore_volume(NAME)
        assert (read(pool, 3), pool.binned(NAME)) == (b"two", (older,))

    def test_a_name_that_begins_like_another_has_a_bin_of_its_own(self, pool: Pool) -> None:
        for name in (NAME, OTHER):
            pool.create_volume(name, 8 * MIB)
            pool.bin_volume(name)
        assert [len(pool.binned(name)) for name in (NAME, OTHER)] == [1, 1]
        pool.restore_volume(NAME)
        assert [len(pool.binned(name)) for name in (NAME, OTHER)] == [0, 1]

    def test_binning_and_restoring_again_change_nothing(self, pool: Pool) -> None:
        pool.create_volume(NAME, 8 * MIB)
        pool.bin_volume(NAME)
        pool.bin_volume(NAME)
        assert len(pool.binned(NAME)) == 1
        pool.restore_volume(NAME)
        pool.restore_volume(NAME)
        assert pool.volume_size(NAME) == 8 * MIB

    def test_nothing_is_restored_from_an_empty_bin(self, pool: Pool) -> None:
        with pytest.raises(NotFound, match="the bin has no volume"):
            pool.restore_volume(NAME)

    def test_an_emptied_entry_and_a_destroyed_volume_leave_nothing(self, pool: Pool) -> None:
        for name in (NAME, OTHER):
            pool.create_volume(name, 8 * MIB)
        pool.bin_volume(NAME)
        (entry,) = pool.binned(NAME)
        for _ in range(2):
            pool.empty_bin(entry)
            pool.destroy_volume(OTHER)
        assert files(pool) == set()

    def test_the_longest_name_fits_everywhere(self, pool: Pool) -> None:
        name = "v" * 63
        pool.create_volume(name, 8 * MIB)
        pool.bin_volume(name)
        pool.empty_bin(pool.binned(name)[0])
        assert files(pool) == set()

    def test_a_clone_is_the_image_made_longer_and_private(self, pool: Pool) -> None:
        target = pool.machine_folder("m-1") / "root-x.raw"
        pool.clone_image(image(pool), target, 4 * MIB)
        assert target.read_bytes() == b"\x01" * MIB + bytes(3 * MIB)
        assert target.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in target.parent.iterdir()] == ["root-x.raw"]

    def test_a_clone_changes_without_the_image(self, pool: Pool) -> None:
        target = pool.machine_folder("m-1") / "root-x.raw"
        pool.clone_image(image(pool), target, 4 * MIB)
        with target.open("r+b") as disk:
            disk.write(b"\x02")
        assert (pool.root / "@images" / "image").read_bytes() == b"\x01" * MIB

    def test_an_image_larger_than_the_disk_is_refused_with_the_size_to_sign(self, pool: Pool) -> None:
        folder = pool.machine_folder("m-1")
        with pytest.raises(Refused, match=f"at least {MIB} bytes"):
            pool.clone_image(image(pool), folder / "root-x.raw", MIB - 1)
        assert list(folder.iterdir()) == []

    def test_an_image_that_is_not_there_is_not_found(self, pool: Pool) -> None:
        with pytest.raises(NotFound):
            pool.clone_image(pool.root / "@images" / "none", pool.machine_folder("m-1") / "root-x.raw", MIB)

    def test_a_machine_s_folder_is_private_and_goes_with_all_in_it(self, pool: Pool) -> None:
        folder = pool.machine_folder("m-1")
        assert pool.machine_folder("m-1") == folder
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "run").mkdir()
        (folder / "run" / "socket").touch()
        for _ in range(2):
            pool.remove_machine("m-1")
        assert files(pool) == set()

    def test_what_a_crash_left_unfinished_is_swept_at_the_start(self, pool: Pool) -> None:
        pool.create_volume(NAME, 8 * MIB)
        pool.bin_volume(NAME)
        pool.restore_volume(NAME)
        pool.volume_disk(NAME).parent.rename(pool.root / "@volumes" / f".new-{NAME}")
        (pool.root / "@images" / ".new-sha256-00-x").touch()
        (pool.root / "@images" / ".fetch-x").touch()
        (pool.root / "@identity" / ".new-keys.json-x").touch()
        (pool.machine_folder("m-1") / ".new-root-x.raw").touch()
        pool.prepare()
        assert files(pool) == {"@machines/m-1"}

    def test_usage_is_within_reason(self, pool: Pool) -> None:
        usage = pool.usage()
        assert 0 < usage.free <= usage.total

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "a/b", "/etc", "A", "-a", "@bin", ".new-a", "a..b", "a\n", "v" * 64, "ä", "a\x00"]
    )
    def test_a_name_that_is_no_host_name_is_refused_everywhere(self, pool: Pool, name: str) -> None:
        before = files(pool)
        for act in (
            lambda: pool.create_volume(name, MIB),
            lambda: pool.grow_volume(name, MIB),
            lambda: pool.volume_size(name),
            lambda: pool.volume_disk(name),
            lambda: pool.bin_volume(name),
            lambda: pool.binned(name),
            lambda: pool.restore_volume(name),
            lambda: pool.destroy_volume(name),
            lambda: pool.machine_folder(name),
            lambda: pool.remove_machine(name),
            lambda: pool.empty_bin(f"{name}.{1:012}"),
        ):
            with pytest.raises(Refused):
                act()
        assert files(pool) == before

    @pytest.mark.parametrize("entry", [NAME, f"{NAME}.1", "../@volumes", f"{NAME}.{1:012}/x", ""])
    def test_what_is_no_entry_of_the_bin_is_refused(self, pool: Pool, entry: str) -> None:
        with pytest.raises(Refused, match="no entry of the bin"):
            pool.empty_bin(entry)
