"""The partition table of a node's disk, and how a half-written one is known again."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sal.gpt import MIB, Table, begun, render

TABLE = Table("hardpan-state", 64 * MIB, 512, "QM0001")


def written(parts: tuple[tuple[int, bytes], ...], size: int = TABLE.size) -> bytearray:
    """A disk with these parts on it."""
    disk = bytearray(size)
    for offset, data in parts:
        disk[offset : offset + len(data)] = data
    return disk


def edges(disk: bytearray) -> tuple[bytes, bytes]:
    """The first and the last MiB."""
    return bytes(disk[:MIB]), bytes(disk[-MIB:])


@pytest.mark.parametrize("sector", [512, 4096])
def test_both_headers_hold_and_point_at_the_same_partitions(sector: int) -> None:
    table = Table("hardpan-state", 64 * MIB, sector, "QM0001")
    disk = written(render(table))
    for at in (sector, table.size - sector):
        header = bytearray(disk[at : at + 92])
        assert header[:8] == b"EFI PART"
        (checksum,) = struct.unpack_from("<I", header, 16)
        header[16:20] = bytes(4)
        assert checksum == zlib.crc32(header)
        array_at, count, length, array_checksum = struct.unpack_from("<QIII", header, 72)
        array = disk[array_at * sector : array_at * sector + count * length]
        assert array_checksum == zlib.crc32(array)
        first, last = struct.unpack_from("<QQ", array, 32)
        assert (first * sector, (last + 1) * sector) == (MIB, 63 * MIB)
        assert array[56:128].decode("utf-16-le").rstrip("\0") == "hardpan-state"


@given(st.data())
def test_a_table_is_known_again_wherever_the_power_went(data: st.DataObject) -> None:
    parts = [(offset + at, piece[at : at + 512]) for offset, piece in render(TABLE) for at in range(0, len(piece), 512)]
    kept = data.draw(st.lists(st.sampled_from(parts), unique_by=lambda part: part[0]))
    assert begun(TABLE, *edges(written(tuple(kept))))


@given(st.integers(0, MIB - 1), st.booleans(), st.integers(1, 255))
def test_one_foreign_byte_makes_the_disk_somebody_elses(at: int, first: bool, byte: int) -> None:
    disk = written(render(TABLE)[:4])
    place = at if first else TABLE.size - MIB + at
    ours = disk[place]
    disk[place] ^= byte
    sector = disk[place // 512 * 512 :][:512]
    assert begun(TABLE, *edges(disk)) == (not any(sector) and ours != 0)


def test_another_disk_of_the_same_size_gets_another_table() -> None:
    other = Table(TABLE.name, TABLE.size, TABLE.sector, "QM0002")
    assert not begun(other, *edges(written(render(TABLE))))


def test_the_kernel_sees_no_table_before_all_of_it_is_there() -> None:
    *before, (offset, last) = render(TABLE)
    assert offset == 0
    assert last[510:512] == b"\x55\xaa"
    assert not any(written(tuple(before))[:512])
