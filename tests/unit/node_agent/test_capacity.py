"""What a node gives to machines, and that it gives nothing when none can run on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.executor.inventory import capacity
from node_agent.settings import NodeSettings
from sal import qemu
from tests.unit.node_agent.node import Node


def settings(folder: Path) -> NodeSettings:
    return NodeSettings(medium=folder, state=folder)


def test_a_node_without_a_hypervisor_gives_its_disk_only(tmp_path: Path) -> None:
    whole = capacity(settings(tmp_path))
    less = capacity(settings(tmp_path), runs_machines=False)
    assert whole.cpus > 0
    assert (less.cpus, less.memory, less.disk) == (0, 0, whole.disk)


def test_a_node_says_that_it_has_no_hypervisor(tmp_path: Path) -> None:
    node = Node(tmp_path)
    assert node.executor.keeper.health.findings() == ()
    node.host.lacking = "qemu-system-x86_64"
    node.restart()
    (found,) = node.executor.keeper.health.findings()
    assert (found.reason, "qemu-system-x86_64 is not on this node" in found.message) == ("NoHypervisor", True)


def test_qemu_is_looked_for_where_programs_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert qemu.QemuHypervisor().lacks() == "qemu-system-x86_64"
    (tmp_path / "qemu-system-x86_64").write_text("#!/bin/sh\n")
    (tmp_path / "qemu-system-x86_64").chmod(0o755)
    assert qemu.QemuHypervisor().lacks() == ""
