"""Numbers of the bin: rising, and never used again."""

from __future__ import annotations

from pathlib import Path

import pytest

from sal.bin import Bin
from sal.errors import NotFound

NAME = "v-1"


class Clock:
    """Seconds that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path


def put(folder: Path, clock: Clock) -> str:
    """Puts a volume in; the entry that it became."""
    (folder / "volume").mkdir(exist_ok=True)
    Bin(folder / "bin", clock).put(folder / "volume", NAME)
    return Bin(folder / "bin", clock).entries(NAME)[-1]


def test_a_volume_that_came_back_and_goes_again_is_another_entry(folder: Path) -> None:
    clock = Clock()
    first = put(folder, clock)
    Bin(folder / "bin", clock).take(NAME, folder / "volume")
    clock.now += 1
    assert put(folder, clock) != first


def test_entries_rise_also_when_the_clock_was_set_back(folder: Path) -> None:
    clock = Clock()
    first = put(folder, clock)
    clock.now = 5.0
    assert put(folder, clock) == f"{NAME}.{1001:012}" > first


def test_what_was_taken_is_no_longer_an_entry(folder: Path) -> None:
    clock = Clock()
    put(folder, clock)
    Bin(folder / "bin").take(NAME, folder / "volume")
    with pytest.raises(NotFound):
        Bin(folder / "bin").take(NAME, folder / "other")
