"""Loop devices of a file, from what losetup said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sal import loop
from sal.testing import FakeRunner

CASES = sorted((Path(__file__).parents[2] / "cases" / "sal.loop.parse_attached").glob("*.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_devices_of_a_file_are_found(case: Path) -> None:
    said = json.loads(case.read_text())
    assert loop.parse_attached(said["text"], Path(said["file"])) == [Path(each) for each in said["expected"]]


def test_a_mount_honours_no_device_node_and_no_setuid_program(tmp_path: Path) -> None:
    runner = FakeRunner().on("mount *")
    loop.mount(runner, Path("/dev/loop0"), tmp_path / "new" / "node")
    assert runner.commands[0].argv == ("mount", "-o", "nosuid,nodev", "/dev/loop0", str(tmp_path / "new" / "node"))


def test_an_attached_device_is_named_without_the_line_end(tmp_path: Path) -> None:
    runner = FakeRunner().on("losetup --find --show *", b"/dev/loop9\n")
    assert loop.attach(runner, tmp_path).device == Path("/dev/loop9")
