"""TPMs for all system tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.soft_tpm import SoftTpm, start


@pytest.fixture
def chips() -> Iterator[Callable[[], SoftTpm]]:
    """Makes chips in which an image was measured."""
    made: list[SoftTpm] = []
    folders: list[tempfile.TemporaryDirectory[str]] = []

    def make() -> SoftTpm:
        folders.append(tempfile.TemporaryDirectory(prefix="hpt-"))
        made.append(SoftTpm(Path(folders[-1].name)))
        start(made[-1])
        return made[-1]

    yield make
    for chip in made:
        chip.switch_off()
    for folder in folders:
        folder.cleanup()


@pytest.fixture
def chip(chips: Callable[[], SoftTpm]) -> SoftTpm:
    """A chip in which an image was measured."""
    return chips()
