"""Images are fetched by a process that gave up root, and never from where only this machine can reach."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_agent.executor.fetching import fetch_apart, spool
from sal.command import SystemRunner
from sal.errors import Busy, Refused
from tests.system.requirements import need

pytestmark = pytest.mark.system
NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that only root can enter."""
    need("root")
    with tempfile.TemporaryDirectory(prefix="hpn-") as made:
        yield Path(made)


@pytest.mark.parametrize("url", ["https://localhost/a.raw", "https://127.0.0.1/a.raw", "https://[::1]/a.raw"])
def test_a_private_address_is_refused(folder: Path, url: str) -> None:
    with spool(folder) as file, pytest.raises(Refused, match="public hosts only"):
        fetch_apart(SystemRunner(), NOBODY)(url, file)


def test_a_host_that_nobody_knows_may_be_tried_later(folder: Path) -> None:
    with spool(folder) as file, pytest.raises(Busy, match="cannot be resolved"):
        fetch_apart(SystemRunner(), NOBODY)("https://nowhere.invalid/a.raw", file)
    assert os.listdir(folder) == []
