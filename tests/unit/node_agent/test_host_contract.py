"""What verbs may rely on, whichever host is below: the fake in memory and the real one over the SAL's fakes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from node_agent.errors import StepFailed, TryAgain
from node_agent.executor.fetching import fetch_apart
from node_agent.executor.host import Host, MachineFacts, Power
from node_agent.executor.sal_errors import translated
from node_agent.executor.sal_host import SalHost, serial
from node_agent.memory_host import MemoryHost
from node_agent.paths import Paths
from sal import errors
from sal.folder_pool import FolderPool
from sal.images import ImageStore
from sal.memory_hypervisor import MemoryHypervisor
from sal.network import MemoryNetwork, NodeNetwork
from sal.testing import FakeRunner
from tests.unit.node_agent.build import MIB, goal, machine, uses, volume

IMAGE = b"\x00" * 4096
SHA256 = "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"
SOURCE = {"url": "https://images.example/a.raw", "sha256": SHA256}
WANTED = goal(machine(image=SOURCE, volumes=uses("data-0")))
NAME = WANTED.host_name
VOLUME = volume().host_name


def real(folder: Path) -> Host:
    """The real host over a plain folder; programs do nothing."""
    runner = FakeRunner().on("*")
    pool = FolderPool(folder, runner)
    pool.prepare()
    (folder / "medium").mkdir()
    (folder / "medium" / f"sha256-{SHA256}").write_bytes(IMAGE)
    network = NodeNetwork(IPv6Network("400::/64"), "hp0", "hpo0")
    return SalHost(
        Paths(folder), pool, ImageStore(folder / "@images"), MemoryHypervisor(), MemoryNetwork(), network, runner,
        lambda url, target: target.write_bytes(b"what the internet says") and None, ImageStore(folder / "medium"),
    )  # fmt: skip


@pytest.fixture(params=[lambda folder: MemoryHost(), real], ids=["fake", "real"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    """Each host in turn."""
    make: Callable[[Path], Host] = request.param
    return make(tmp_path)


def prepare(host: Host) -> None:
    """Everything before the start."""
    host.create_volume(VOLUME, 64 * MIB)
    for act in (host.fetch_image, host.make_root, host.write_seed, host.make_port, host.write_launch):
        act(WANTED)


def test_nothing_is_there_at_first(host: Host) -> None:
    assert host.machine(NAME) == MachineFacts()
    assert not host.has_image(SHA256)
    assert host.volume_size(VOLUME) is None
    assert not host.in_bin(VOLUME)


def test_what_is_made_is_seen_and_named_by_its_content(host: Host) -> None:
    prepare(host)
    seen = host.machine(NAME)
    assert (seen.roots, seen.seeds) == ({WANTED.root}, {WANTED.seed_name})
    assert (seen.launch, seen.port, seen.folder, seen.power) == (WANTED.launch, True, True, Power.OFF)
    assert host.has_image(SHA256)


def test_a_started_machine_runs_until_it_is_stopped(host: Host) -> None:
    prepare(host)
    host.start(WANTED)
    assert host.power(NAME) is Power.RUNNING
    host.stop(NAME)
    assert host.power(NAME) is Power.OFF
    assert host.machine(NAME).launch == WANTED.launch


def test_an_image_that_is_gone_before_its_clone_is_fetched_again(host: Host) -> None:
    host.fetch_image(WANTED)
    assert [each.digest for each in host.images_held()] == [SHA256]
    assert 0.0 <= host.fullness() <= 1.0
    host.remove_image(SHA256)
    assert host.images_held() == ()
    with pytest.raises(TryAgain):
        host.make_root(WANTED)


def test_pruning_keeps_the_goal_s_disks_only(host: Host) -> None:
    prepare(host)
    newer = goal(machine(image=SOURCE, disk=128 * MIB, env={"A": "b"}))
    host.make_root(newer)
    host.write_seed(newer)
    host.prune(newer)
    seen = host.machine(NAME)
    assert (seen.roots, seen.seeds) == ({newer.root}, {newer.seed_name})


def test_a_removed_machine_leaves_no_trace(host: Host) -> None:
    prepare(host)
    host.remove_port(NAME)
    host.remove_machine(NAME)
    assert host.machine(NAME) == MachineFacts()
    assert host.volume_size(VOLUME) == 64 * MIB


def test_a_volume_grows_and_goes_to_the_bin_and_comes_back(host: Host) -> None:
    host.create_volume(VOLUME, 64 * MIB)
    host.grow_volume(VOLUME, 128 * MIB)
    host.bin_volume(VOLUME)
    assert (host.volume_size(VOLUME), host.in_bin(VOLUME)) == (None, True)
    host.restore_volume(VOLUME)
    assert (host.volume_size(VOLUME), host.in_bin(VOLUME)) == (128 * MIB, False)


def test_a_destroyed_volume_is_gone(host: Host) -> None:
    host.create_volume(VOLUME, 64 * MIB)
    host.destroy_volume(VOLUME)
    assert (host.volume_size(VOLUME), host.in_bin(VOLUME)) == (None, False)


def test_a_fetched_image_counts_only_with_its_digest_and_leaves_no_rest(tmp_path: Path) -> None:
    host = real(tmp_path)
    text = b"what the internet says"
    right = goal(machine(image=SOURCE | {"sha256": hashlib.sha256(text).hexdigest()}))
    wrong = goal(machine(image=SOURCE | {"sha256": "b" * 64}))
    host.fetch_image(right)
    with pytest.raises(StepFailed, match="sign the right one"):
        host.fetch_image(wrong)
    assert (host.has_image(right.image.sha256), host.has_image(wrong.image.sha256)) == (True, False)
    assert [each.name for each in (tmp_path / "@images").iterdir()] == [f"sha256-{right.image.sha256}"]


@pytest.mark.parametrize(
    ("code", "expected"), [(0, None), (65, errors.Refused), (75, errors.Busy), (1, errors.CommandFailed)]
)
def test_the_fetcher_s_exit_code_says_whether_to_try_again(code: int, expected: type[Exception] | None) -> None:
    runner = FakeRunner().on("*node_agent.fetcher*", code=code, stderr=b"because")
    with pytest.raises(expected, match="because") if expected else nullcontext():
        fetch_apart(runner, 65_534)("https://images.example/a.raw", Path("/spool"))
    assert runner.commands[0].argv[-1] == "65534"


@pytest.mark.parametrize(
    ("raised", "expected", "reason"),
    [
        (errors.NoSpace("full"), TryAgain, "DiskFull"),
        (errors.Busy("held"), TryAgain, "HostBusy"),
        (errors.Refused("never"), StepFailed, "Refused"),
        (errors.NotFound("gone"), StepFailed, "HostFailed"),
    ],
)
def test_errors_say_what_can_be_done_about_them(raised: Exception, expected: type[Exception], reason: str) -> None:
    with pytest.raises(expected) as caught, translated():
        raise raised
    assert caught.value.reason == reason  # type: ignore[attr-defined]


def test_a_disk_serial_fits_and_differs_per_volume() -> None:
    assert len(serial(VOLUME)) == 20
    assert serial(VOLUME) != serial(volume("data-1").host_name)
