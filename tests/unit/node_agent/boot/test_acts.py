"""A disk is called damaged, and emptying it is advised, only when its file system itself was refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.boot.acts import MOUNT_SECONDS, Acts
from node_agent.boot.disks import Act, Choice
from node_agent.boot.node import NodeProcesses
from node_agent.boot.places import Places
from sal.command import Command, Output
from sal.errors import CommandError, CommandFailed, CommandTimeout
from tests.unit.node_agent.boot.test_sequence import Family


class Refusing:
    """Runs nothing and fails in one way."""

    def __init__(self, error: CommandError) -> None:
        self.error, self.asked = error, list[Command]()

    def run(self, command: Command) -> Output:
        self.asked.append(command)
        raise self.error


def mount(error: CommandError, folder: Path) -> tuple[str, Command]:
    runner = Refusing(error)
    acts = Acts(Places(folder), runner, NodeProcesses(Family().make))
    with pytest.raises(CommandError) as caught:
        acts.prepare(Choice(Act.MOUNT, "", "vda1"))
    return str(caught.value), runner.asked[0]


def test_a_file_system_that_is_refused_is_called_damaged_with_the_remedy(tmp_path: Path) -> None:
    refused = CommandFailed(("mount", "/dev/vda1"), 32, "mount: wrong fs type, bad superblock")
    said, _ = mount(refused, tmp_path)
    assert "bad superblock" in said
    assert "wipefs --all" in said


def test_a_mount_that_is_only_slow_is_given_minutes_and_never_called_damaged(tmp_path: Path) -> None:
    slow = CommandTimeout(("mount", "/dev/vda1"), "no end within 900 s")
    said, asked = mount(slow, tmp_path)
    assert "wipefs" not in said
    assert asked.timeout_seconds == MOUNT_SECONDS >= 600
