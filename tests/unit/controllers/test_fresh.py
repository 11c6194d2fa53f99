"""What is made of files follows them, and survives files that cannot be used."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from controllers.tls.fresh import Fresh


class Numbers:
    """A file of a number."""

    def __init__(self, file: Path) -> None:
        self.file, self.made = file, 0
        self.put("1")

    def put(self, text: str) -> None:
        """Exchanges it."""
        new = self.file.with_suffix(".new")
        new.write_text(text)
        new.replace(self.file)

    def make(self) -> int:
        """Reads it."""
        self.made += 1
        return int(self.file.read_text())


@pytest.fixture
def numbers(tmp_path: Path) -> Numbers:
    return Numbers(tmp_path / "number")


def test_a_change_counts_at_the_next_look_and_is_read_once(numbers: Numbers) -> None:
    fresh = Fresh([numbers.file], numbers.make)
    numbers.put("2")
    assert [fresh.current(), fresh.current()] == [2, 2]
    assert numbers.made == 2


def test_what_cannot_be_used_is_tried_again_and_told_once(numbers: Numbers, caplog: pytest.LogCaptureFixture) -> None:
    fresh = Fresh([numbers.file], numbers.make)
    numbers.put("none")
    with caplog.at_level(logging.ERROR):
        assert [fresh.current(), fresh.current()] == [1, 1]
    assert len(caplog.records) == 1
    assert numbers.made == 3
    numbers.file.unlink()
    assert fresh.current() == 1
    numbers.put("3")
    assert fresh.current() == 3


def test_a_first_that_cannot_be_used_is_an_error(numbers: Numbers) -> None:
    numbers.put("none")
    with pytest.raises(ValueError, match="none"):
        Fresh([numbers.file], numbers.make)
