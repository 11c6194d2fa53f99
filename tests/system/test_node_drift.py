"""What somebody changes by hand on a real node is found by the next look for drift, and nothing else is touched."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_agent.executor import drift
from node_agent.executor.host import Orphan
from node_agent.executor.resources import Key, Observation
from sal import btrfs
from sal.addresses import port_name
from sal.command import Command, SystemRunner
from sal.errors import Busy
from sal.hypervisor import State, Trouble
from sal.links import link_names, links
from sal.nftables import Nftables
from sal.qmp import Qmp
from tests.system.node_site import wait_for
from tests.system.real_node import RealNode, guest_image, real_node
from tests.unit.node_agent.build import MIB

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
RUNNER = SystemRunner()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNode]:
    """A node with a volume and two machines, booted once."""
    with real_node(guest_image(tmp_path_factory.mktemp("guest"))) as node:
        steps = [("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1), ("machine", "web-1", 1, 1)]
        assert node.ensure("job-1", *steps).state == "succeeded"
        node.says("web-1", "web-1 reached peer")
        yield node


@pytest.fixture
def node(running: RealNode) -> Iterator[RealNode]:
    """The node in sync; the bystander web-1 must be the same process when the test is over."""
    running.repair()
    bystander, before = running.pid("web-1"), effects(running)
    running.repair()
    assert effects(running) == before
    yield running
    assert running.pid("web-1") == bystander
    running.repair()
    assert seen(running, "machine", "web-1").state == "running"
    assert running.executor.keeper.health.findings() == ()


def by_hand(*words: object) -> None:
    """What an operator types."""
    RUNNER.run(Command(tuple(map(str, words))))


def seen(node: RealNode, kind: str, name: str) -> Observation:
    """What the table says."""
    found = node.executor.service.runner.tools.resources.get(Key(kind, "a", name))  # type: ignore[arg-type]
    assert found is not None
    return found.observation


def effects(node: RealNode) -> list[str]:
    """What the executor did, as its log has it."""
    lines = node.settings.paths.effects.read_text().splitlines()
    return [f"{each['effect']} {each['subject']}" for each in map(json.loads, lines)]


def tap(node: RealNode, name: str) -> str:
    """The tap that a machine's QEMU holds."""
    words = Path(f"/proc/{node.pid(name)}/cmdline").read_text().split("\0")
    return port_name(words[words.index("-name") + 1])


def ping(node: RealNode, name: str) -> bool:
    """Whether the guest answers over its port."""
    address = json.loads(RUNNER.run(Command(("ip", "-j", "-6", "addr", "show", "dev", "hp0"))).text)
    assert address
    found = node.executor.service.runner.tools.resources.get(Key("machine", "a", name))
    assert found is not None
    target = found.assignment.address
    return RUNNER.run(Command(("ping", "-c1", "-W5", target), accepted_codes=(0, 1, 2))).code == 0


NETWORK = {
    "the bridge is down": ("ip", "link", "set", "hp0", "down"),
    "the bridge has another mtu": ("ip", "link", "set", "hp0", "mtu", "1280"),
    "the bridge is gone": ("ip", "link", "del", "hp0"),
    "its address is gone": ("ip", "-6", "addr", "flush", "dev", "hp0", "scope", "global"),
    "the whole ruleset is gone": ("nft", "flush", "ruleset"),
    "one table is gone": ("nft", "delete", "table", "ip6", "hardpan"),
    "a chain is empty": ("nft", "flush", "chain", "bridge", "hardpan", "from_ports"),
    "a rule was put before ours": ("nft", "insert", "rule", "bridge", "hardpan", "from_ports", "accept"),
    "a chain was added": ("nft", "add", "chain", "ip6", "hardpan", "other"),
}


@pytest.mark.parametrize("what", NETWORK)
def test_the_node_s_network_is_as_it_was_after_one_look(node: RealNode, what: str) -> None:
    filters = Nftables(RUNNER)
    before = filters._listing(), set(filters.elements()), set(links("hp"))
    pid = node.pid("web-0")
    by_hand(*NETWORK[what])
    assert (filters._listing(), set(filters.elements()), set(links("hp"))) != before or "address" in what
    node.repair()
    assert (filters._listing(), set(filters.elements()), set(links("hp"))) == before
    assert any(each.startswith("network.mend") for each in effects(node))
    assert node.pid("web-0") == pid
    wait_for(lambda: ping(node, "web-1"), "an answer of the guest", 30.0)


PORT = {
    "it is down": ("ip", "link", "set", "TAP", "down"),
    "it is off the bridge": ("ip", "link", "set", "TAP", "nomaster"),
    "its pins are gone": ("nft", "flush", "set", "bridge", "hardpan", "ports"),
    "it may send from another address too": (
        *("nft", "add", "element", "bridge", "hardpan", "ports"), "{ TAP . 02:00:00:00:00:01 . 400::99 }",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", PORT)
def test_a_machine_s_port_is_as_it_was_after_one_look_and_the_guest_runs_on(node: RealNode, what: str) -> None:
    filters = Nftables(RUNNER)
    before = set(filters.elements()), set(links("hpt"))
    pid, port = node.pid("web-0"), tap(node, "web-0")
    by_hand(*(each.replace("TAP", port) for each in PORT[what]))
    node.repair()
    assert (set(filters.elements()), set(links("hpt"))) == before
    assert node.pid("web-0") == pid


def test_a_port_pinned_to_another_machine_s_address_is_pinned_to_its_own_again(node: RealNode) -> None:
    filters, port = Nftables(RUNNER), tap(node, "web-0")
    before = set(filters.elements())
    mac = next(each[1] for each in before if each[0] == port)
    own = next(each[2] for each in before if each[0] == port and not each[2].startswith("fe80"))
    for verb, address in (("delete", own), ("add", "400::99")):
        by_hand("nft", verb, "element", "bridge", "hardpan", "ports", f"{{ {port} . {mac} . {address} }}")
    node.repair()
    assert set(filters.elements()) == before


def test_a_guest_whose_tap_was_deleted_is_restarted_once_with_a_new_one(node: RealNode) -> None:
    before, starts = node.pid("web-0"), effects(node).count("machine.start machine/a/web-0")
    by_hand("ip", "link", "del", tap(node, "web-0"))
    node.repair()
    node.watches_until(lambda: node.pid("web-0") not in (0, before))
    node.repair()
    assert effects(node).count("machine.start machine/a/web-0") == starts + 1
    assert tap(node, "web-0") in link_names("hpt")
    assert next(each for each in links("hpt") if each.name == tap(node, "web-0")).carrier
    node.says("web-0", "of volume /data-0")
    wait_for(lambda: ping(node, "web-0"), "an answer of the guest", 60.0)


def test_a_guest_that_was_paused_or_frozen_goes_on(node: RealNode) -> None:
    pid, folder = node.pid("web-0"), node.folder("web-0")
    with Qmp(folder / "qmp.sock") as session:
        session.execute("stop")
    assert node.host.hypervisor.trouble(folder) is Trouble.PAUSED
    node.repair()
    assert node.host.hypervisor.trouble(folder) is None
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: node.host.hypervisor.trouble(folder) is Trouble.FROZEN, "a process that is stopped")
    node.repair()
    assert node.host.hypervisor.trouble(folder) is None
    assert node.pid("web-0") == pid


def test_a_running_machine_whose_note_was_deleted_is_found_by_its_words_and_not_started_twice(node: RealNode) -> None:
    pid, note = node.pid("web-0"), node.folder("web-0") / "process.json"
    note.unlink()
    node.watch(1)
    assert node.pid("web-0") == pid
    assert json.loads(note.read_text())["pid"] == pid


def test_a_stranger_s_process_is_never_taken_for_a_machine(node: RealNode, tmp_path: Path) -> None:
    stat = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    folder = tmp_path / "m-stranger"
    folder.mkdir()
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "started": int(stat[19])}))
    assert node.host.hypervisor.info(folder).state is State.CRASHED
    node.host.hypervisor.kill(folder)


def test_a_read_only_volume_is_writable_again_and_a_renamed_one_has_its_name_back(node: RealNode) -> None:
    pid, volume = node.pid("web-0"), node.volume("data-0")
    by_hand("btrfs", "property", "set", "-f", volume, "ro", "true")
    node.repair()
    assert btrfs.is_writable(volume)
    volume.rename(volume.with_name("old"))
    node.repair()
    assert (volume / "disk.raw").exists()
    assert seen(node, "volume", "data-0").state == "present"
    assert node.pid("web-0") == pid


def test_a_volume_that_was_moved_away_is_told_and_nothing_empty_takes_its_place(node: RealNode) -> None:
    volume, aside = node.volume("data-0"), node.settings.state / "aside"
    volume.rename(aside)
    node.repair()
    assert (seen(node, "volume", "data-0").state, seen(node, "volume", "data-0").message) == ("failed", drift.GONE)
    assert seen(node, "machine", "web-0").state == "running"
    receipt = node.ensure("job-gone", ("volume", "data-0", 1, 2), ("machine", "web-0", 1, 2))
    assert (receipt.state, receipt.reason) == ("failed", "VolumeGone")
    assert not volume.exists()
    aside.rename(volume)
    node.repair()
    assert seen(node, "volume", "data-0").state == "present"


def test_what_nobody_asked_for_is_found_and_known_by_its_mark(node: RealNode) -> None:
    resources = node.executor.service.runner.tools.resources.all()
    wanted = frozenset(each.assignment.host_name for each in resources)
    assert node.host.orphans(wanted) == ()
    pool, port = node.host.pool, "hpt0123456789ab"
    machine, volume, copied = "m-" + "a" * 20, "v-" + "b" * 20, "v-" + "c" * 20
    pool.machine_folder(machine)
    pool.create_volume(volume, 64 * MIB)
    btrfs.snapshot(pool.root / "@volumes" / volume, pool.root / "@volumes" / copied)
    by_hand("ip", "tuntap", "add", port, "mode", "tap")
    found = node.host.orphans(wanted)
    assert found == (
        Orphan("machine", machine, ours=True, used=False),
        Orphan("port", port, ours=False, used=False),
        Orphan("volume", volume, ours=True, used=False),
        Orphan("volume", copied, ours=False, used=False),
    )
    running = next(each for each in node.host.orphans(frozenset()) if each.name == node.host_name("machine", "web-0"))
    assert running == Orphan("machine", running.name, ours=True, used=True)
    for each in found:
        node.host.remove_orphan(each)
    assert node.host.orphans(wanted) == ()
    assert sorted(each.rpartition(".")[0] for each in node.host.bin_entries()) == [volume, copied]


def test_a_root_disk_that_was_deleted_is_made_anew_from_its_image(node: RealNode) -> None:
    pid, root = node.pid("web-0"), next(node.folder("web-0").glob("root-*.raw"))
    root.unlink()
    node.repair()
    assert root.exists()
    assert node.pid("web-0") == pid


def test_a_guest_without_its_control_socket_runs_on_and_the_risk_is_told(node: RealNode) -> None:
    """The last of these tests: nothing can make that socket anew."""
    pid = node.pid("web-0")
    (node.folder("web-0") / "qmp.sock").unlink()
    node.repair()
    assert (seen(node, "machine", "web-0").state, seen(node, "machine", "web-0").message) == ("running", drift.SILENT)
    assert node.pid("web-0") == pid
    with pytest.raises(Busy):
        Qmp(node.folder("web-0") / "qmp.sock", timeout=0.1).__enter__()
    node.host.stop(node.host_name("machine", "web-0"))
    assert node.pid("web-0") == 0
