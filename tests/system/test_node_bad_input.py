"""A wrong or full disk, a foreign certificate, a wrong clock: the node says so in one line and tries again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from node_agent.settings import NetworkSettings
from sal.command import Command, SystemRunner
from tests.system.node_process import Node
from tests.system.node_site import Authority, Site, wait_for
from tests.system.requirements import need
from tests.unit.node_agent.build import MIB, volume_item
from tests.unit.node_agent.cluster import Tenancy

pytestmark = pytest.mark.system
Start = Callable[..., Node]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that only root may pass."""
    need("root", "redis")
    with tempfile.TemporaryDirectory(prefix="hpn-") as made:
        yield Path(made)


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    """A site."""
    made = Site(folder)
    yield made
    made.close()


@pytest.fixture
def start(folder: Path, site: Site) -> Iterator[Start]:
    """Starts the node, with settings that differ from the usual."""
    with ExitStack() as stack:

        def run(**changes: Any) -> Node:
            node = Node(folder, site, **changes)
            stack.callback(node.stop)
            return node

        yield run


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of this size."""
    runner = SystemRunner()
    folder.mkdir()
    runner.run(Command(("mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "test", str(folder))))
    try:
        yield folder
    finally:
        runner.run(Command(("umount", "--lazy", str(folder))))


def test_a_disk_without_btrfs_is_named_and_tried_again(start: Start, folder: Path) -> None:
    with small_disk(folder / "wrong", "64m") as wrong:
        node = start(state=wrong, engine="qemu", network=NetworkSettings(configure=False))
        assert "give the node a btrfs file system" in node.says("executor stopped, WrongDisk")
        first = node.pid("executor")
        node.says("ExecutorAway")
        assert node.process.poll() is None
        assert node.console().count("Traceback") == 0
        assert first > 0


def test_a_full_disk_is_named_and_work_goes_on_when_there_is_room(start: Start, folder: Path, site: Site) -> None:
    with small_disk(folder / "small", "24m") as small:
        node = start(state=small)
        node.says("queue Connected")
        ballast = small / "ballast"
        with ballast.open("wb") as file:
            file.write(b"x" * (int(os.statvfs(small).f_bavail) * os.statvfs(small).f_frsize))
        web = Tenancy(site.cluster, node.id, {("volume", "data-0"): volume_item(64 * MIB)})
        site.place(node.id, "job-1", web.ensure("job-1", ("volume", "data-0", 1, 1)), web.documents())
        assert "free some" in node.says("DiskFull")
        ballast.unlink()
        site.place(node.id, "job-1", web.ensure("job-1", ("volume", "data-0", 1, 1), attempt=2), web.documents(), 2)
        wait_for(lambda: present(site, node.id), "the volume", 40.0, node.console)


def present(site: Site, node: str) -> bool:
    """Whether the node's heartbeat tells of the volume."""
    report = site.heartbeat(node)
    return report is not None and [row.state for row in report.table] == ["present"]


def test_a_foreign_certificate_is_named_and_the_right_one_is_taken(start: Start, site: Site) -> None:
    site.show_certificate(Authority("stranger"))
    node = start()
    assert "this medium's CA did not sign" in node.says("Unregistered ForeignCertificate")
    assert site.nodes == {}
    site.show_certificate(site.authority)
    node.says("control plane Approved")


def test_a_wrong_clock_is_named_and_tried_again(start: Start, site: Site) -> None:
    site.show_certificate(site.authority, days_ahead=30)
    node = start()
    assert "set the clock" in node.says("Unregistered ClockWrong")
    site.show_certificate(site.authority)
    node.says("control plane Approved")


def test_a_medium_of_another_cluster_is_refused(start: Start, site: Site, folder: Path) -> None:
    node = start()
    node.says("queue Connected")
    node.stop()
    site.cluster = type(site.cluster)(now=site.cluster.now, name="other")
    site.medium(folder / "medium", folder / "images")
    node.start()
    assert "wipe it to move it" in node.says("executor stopped, ForeignMedium")
