"""The executor on the real machine: btrfs, QEMU, bridge, tap and filter, in a network namespace of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node_agent.errors import NeedsOperator
from node_agent.executor.hosts import pool_for
from sal.command import Command, SystemRunner
from sal.links import GATEWAY_CARD, link_names
from sal.nftables import Nftables
from sal.qmp import Qmp
from tests.system.node_site import kill
from tests.system.real_node import RealNode, guest_image, real_node
from tests.unit.node_agent.build import MIB, volume_item

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's guest."""
    return guest_image(tmp_path_factory.mktemp("guest"))


@pytest.fixture
def node(image: tuple[Path, str]) -> Iterator[RealNode]:
    """A node with nothing on it."""
    with real_node(image) as made:
        yield made


def test_machines_run_reach_one_another_and_keep_their_volume(node: RealNode) -> None:
    receipt = node.ensure("job-1", ("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1), ("machine", "web-1", 1, 1))
    assert receipt.state == "succeeded", receipt
    node.says("web-0", "web-0 boot 1 of volume /data-0")
    node.says("web-1", "web-1 reached peer")
    # The gateway's card is its own, and does not go with a machine's port.
    shown = SystemRunner().run(Command(("ip", "-brief", "link", "show", node.settings.network.bridge)))
    assert GATEWAY_CARD in shown.text.split()

    kill(node.pid("web-0"))
    node.watch(3)
    node.says("web-0", "web-0 boot 2 of volume /data-0")

    node.web.revision = 2
    node.web.items[("machine", "web-0")] = node.web.items[("machine", "web-0")] | {"memory": 192 * MIB}
    other = node.pid("web-1")
    receipt = node.ensure("job-2", ("machine", "web-0", 1, 2), ("machine", "web-1", 1, 2))
    assert [each.outcome for each in receipt.steps] == ["done", "unchanged"], receipt
    node.says("web-0", "web-0 boot 3 of volume /data-0")
    assert node.pid("web-1") == other

    for kind, name in (("machine", "web-1"), ("machine", "web-0"), ("volume", "data-0")):
        assert node.absent(kind, name).state == "succeeded"
    assert_nothing_left(node)


def assert_nothing_left(node: RealNode) -> None:
    """No process, tap, rule, disk or row; the volume is in the bin."""
    assert link_names("hpt") == ()
    assert Nftables(SystemRunner()).elements() == ()
    assert list(node.settings.paths.machines.iterdir()) == []
    assert list((node.settings.state / "@volumes").iterdir()) == []
    assert len(list((node.settings.state / "@bin").iterdir())) == 1
    assert node.executor.service.runner.tools.resources.all() == ()


def test_a_restarted_executor_finds_its_machines_again_and_repairs_a_port(node: RealNode) -> None:
    assert node.ensure("job-1", ("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)).state == "succeeded"
    before = node.pid("web-0")
    node.executor.store.close()
    SystemRunner().run(Command(("nft", "delete", "table", "bridge", "hardpan")))
    node.start()
    assert Nftables(SystemRunner()).elements() == ()
    node.watch(1)
    assert node.pid("web-0") == before
    assert len(Nftables(SystemRunner()).elements()) == 2


def test_a_running_guest_s_disk_grows_with_its_volume(node: RealNode) -> None:
    assert node.ensure("job-1", ("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)).state == "succeeded"
    node.web.revision = 2
    node.web.items[("volume", "data-0")] = volume_item(96 * MIB)
    assert node.ensure("job-2", ("volume", "data-0", 1, 2)).state == "succeeded"
    with Qmp(node.folder("web-0") / "qmp.sock") as session:
        sizes = [each["image"]["virtual-size"] for each in session.execute("query-named-block-nodes", flat=True)]
    assert 96 * MIB in sizes


def test_a_filter_that_somebody_took_away_comes_back_by_itself(node: RealNode) -> None:
    assert node.ensure("job-1", ("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)).state == "succeeded"
    node.watch(0.5)
    SystemRunner().run(Command(("nft", "flush", "ruleset")))
    node.repair()
    assert len(Nftables(SystemRunner()).elements()) == 2


def test_a_machine_that_is_removed_while_it_boots_goes_by_itself_as_soon_as_it_listens(node: RealNode) -> None:
    assert node.ensure("job-1", ("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)).state == "succeeded"
    assert "ready" not in node.console("web-0")
    assert node.host.hypervisor.stop(node.folder("web-0"), 60.0)
    assert "web-0 boot 1 of volume" in node.console("web-0")


def test_an_executor_on_another_file_system_says_so(node: RealNode) -> None:
    wrong: Any = node.settings.model_copy(update={"state": Path(tempfile.mkdtemp(dir="/dev/shm"))})
    with pytest.raises(NeedsOperator, match="is not on btrfs"):
        pool_for(wrong)
    wrong.state.rmdir()
