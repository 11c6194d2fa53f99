"""From a bare machine to a running node, step by step, and what is seen again after a cut."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest

from node_agent.boot import disk_observer, observing, site
from node_agent.boot.acts import Acts
from node_agent.boot.channels import Lease
from node_agent.boot.clock_rules import Hand, Reading
from node_agent.boot.disks import Act, Choice
from node_agent.boot.network import Card
from node_agent.boot.node import NodeProcesses, forget_earlier_boot
from node_agent.boot.offers import Channel, Chosen, Offer, choose
from node_agent.boot.outlook import PATIENCE_SECONDS
from node_agent.boot.places import Places
from node_agent.boot.screen import Screen
from node_agent.boot.sequence import Boot
from node_agent.boot.steps import NO_GATEWAY, Situation, Step, next_step, obstacle
from node_agent.boot.time_keeping import UNKNOWN, TimeKeeper
from node_agent.errors import NeedsOperator
from node_agent.medium import MediumFile
from node_agent.process import Child
from node_agent.settings import NodeSettings
from sal.command import SystemRunner
from sal.errors import SalError
from sal.interfaces import Interface
from tests.unit.node_agent.cluster import Cluster, seed
from trust.dsse import encode

ONLINE = (Card(Interface("eth0", True), Lease("10.0.2.15")),)
READY = Situation(
    chosen=Chosen(gateway="https://10.0.2.2:8443"),
    cards=ONLINE,
    medium=b"a",
    written=b"a",
    started=frozenset({"executor", "agent"}),
)


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({}, Step.WAIT),
        ({"started": frozenset({"executor"})}, Step.START_AGENT),
        ({"started": frozenset({"executor"}), "time_due": True}, Step.ASK_TIME),
        ({"time_due": True}, Step.ASK_TIME),
        ({"started": frozenset({"executor"}), "time_due": True, "cards": ()}, Step.WAIT),
        ({"started": frozenset(), "cards": ()}, Step.START_EXECUTOR),
        ({"medium": b"b"}, Step.LAY_DOWN),
        ({"written": b"", "started": frozenset()}, Step.LAY_DOWN),
        ({"medium": b"", "started": frozenset()}, Step.WAIT),
        ({"pool": Choice(Act.PARTITION, "", "vda")}, Step.PARTITION),
        ({"pool": Choice(Act.FORMAT, "", "vda1")}, Step.FORMAT),
        ({"pool": Choice(Act.MOUNT, "", "vda1")}, Step.MOUNT),
        ({"pool": Choice(Act.WAIT, "")}, Step.WAIT),
        ({"pool": Choice(Act.MOUNT, "", "vda1"), "drivers_load": True}, Step.WAIT),
        ({"started": frozenset(), "drivers_load": True}, Step.WAIT),
        ({"pool": Choice(Act.MOUNT, "", "vda1"), "clock_below_floor": True}, Step.RAISE_CLOCK),
    ],
)
def test_the_next_step(change: dict[str, Any], step: Step) -> None:
    assert next_step(replace(READY, **change)) is step


def test_what_is_told_first_is_what_has_to_be_mended_first() -> None:
    bare = Situation(trouble="this image belongs to no site", pool=Choice(Act.WAIT, "no disk", stuck=True))
    assert obstacle(bare) == "this image belongs to no site"
    assert obstacle(replace(bare, trouble="")) == "no disk"
    assert "no network card" in obstacle(replace(bare, trouble="", pool=None))
    assert obstacle(replace(bare, trouble="", pool=None, cards=ONLINE)) == NO_GATEWAY
    assert obstacle(READY) == ""


@dataclass
class FakeClock:
    """A clock that is wrong by `error` seconds, and two hands that know better."""

    now: float = 0.0
    elapsed: float = 0.0
    readings: list[tuple[Reading, ...]] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def keeper(self, built: int = 1_000_000) -> TimeKeeper:
        """A keeper of this clock."""

        def ask(servers: Any, gateway: str, authority: Path) -> tuple[Reading, ...]:
            self.asked.append(tuple(servers))
            return self.readings.pop(0)

        def set_to(moment: float) -> None:
            self.now = moment

        return TimeKeeper(built, ask, lambda: self.now, set_to, lambda: self.elapsed)

    def ask(self, keeper: TimeKeeper) -> float:
        """Asks once."""
        return keeper.ask(("192.0.2.1",), "https://a:1", Path("ca.pem"))


def test_a_clock_below_the_image_s_build_time_is_raised_and_takes_the_first_word() -> None:
    clock = FakeClock(readings=[(), (Reading(Hand.CONTROL_PLANE, 9e8),)])
    keeper = clock.keeper()
    assert keeper.below_floor()
    keeper.raise_to_floor()
    assert (clock.now, keeper.below_floor(), keeper.told) == (1_000_000, False, UNKNOWN)
    assert clock.ask(keeper) == 0.0
    assert keeper.told == UNKNOWN
    assert clock.ask(keeper) == 9e8
    assert clock.now == 1_000_000 + 9e8
    assert keeper.told.endswith("and was set")


def test_a_clock_that_says_a_possible_time_is_not_moved_by_days_on_one_word() -> None:
    clock = FakeClock(now=2e6, readings=[(Reading(Hand.CONTROL_PLANE, 9e8),)])
    keeper = clock.keeper()
    assert clock.ask(keeper) == 0.0
    assert clock.now == 2e6
    assert "nobody else confirms it" in keeper.told


def test_the_time_is_asked_at_once_then_hourly_and_sooner_when_the_control_plane_doubts_it() -> None:
    clock = FakeClock(now=2e6, readings=[()] * 3)
    keeper = clock.keeper()
    assert keeper.due("")
    clock.ask(keeper)
    assert not keeper.due("")
    clock.elapsed = 60.0
    assert not keeper.due("Unreachable")
    assert keeper.due("ClockWrong")
    assert keeper.due("ClockSkew")
    clock.elapsed = 3600.0
    assert keeper.due("")


def lay(folder: Path, **files: Any) -> Path:
    """The signed part of an image."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def signed(**changes: Any) -> dict[str, Any]:
    """medium.json of an image."""
    cluster = Cluster()
    return {"roots": [json.loads(cluster.root.to_json())], "cluster": cluster.id, "snapshotFloor": 3} | changes


def test_the_medium_is_the_signed_part_and_what_the_channels_may_choose(tmp_path: Path) -> None:
    loaded = site.load(lay(tmp_path / "site", medium_json=signed(), ca_pem="a certificate"))
    chosen = choose(
        Offer(Channel.CREDENTIALS, key, value)
        for key, value in (
            ("gateway", "https://10.0.2.2:8443"), ("token", f"rack:{encode(seed('token'))}"), ("label.disk", "ssd"),
            ("cluster", "sha256:" + "0" * 64), ("ca", "/evil.pem"), ("roots", "[]"), ("snapshotFloor", "0"),
        )
    )  # fmt: skip
    made = MediumFile.model_validate_json(site.medium(loaded, chosen))
    assert (made.cluster, made.snapshot_floor) == (Cluster().id, 3)
    assert made.roots == signed()["roots"]
    assert made.ca == str(tmp_path / "site/ca.pem")
    assert (made.gateway, made.labels) == ("https://10.0.2.2:8443", {"disk": "ssd"})
    assert made.token is not None
    assert (made.token.name, made.token.seed) == ("rack", encode(seed("token")))


def test_guests_that_came_with_the_image_need_not_be_fetched(tmp_path: Path) -> None:
    folder = lay(tmp_path / "site", medium_json=signed(), ca_pem="a certificate")
    chosen = choose([Offer(Channel.CREDENTIALS, "gateway", "https://10.0.2.2:8443")])
    assert MediumFile.model_validate_json(site.medium(site.load(folder), chosen)).images is None
    (folder / "images").mkdir()
    made = MediumFile.model_validate_json(site.medium(site.load(folder), chosen))
    assert made.images == str(folder / "images")


def test_without_a_gateway_there_is_no_medium(tmp_path: Path) -> None:
    loaded = site.load(lay(tmp_path / "site", medium_json=signed(), ca_pem="a certificate"))
    assert site.medium(loaded, Chosen()) == b""


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "belongs to no site"),
        ({"medium_json": "{"}, "medium.json"),
        ({"medium_json": signed(cluster="mine")}, "cluster"),
        ({"medium_json": signed(gateway="https://a:1")}, "gateway"),
        ({"medium_json": signed()}, "ca.pem, the CA certificate, is missing"),
        ({"medium_json": signed(), "ca_pem": "c", "settings_json": "["}, "settings.json"),
    ],
)
def test_an_image_of_no_site_says_what_is_missing(tmp_path: Path, files: dict[str, Any], words: str) -> None:
    with pytest.raises(NeedsOperator, match="hardpan image build") as caught:
        site.load(lay(tmp_path / "site", **files))
    assert words in caught.value.message


def test_the_image_s_settings_count_but_not_for_where_the_state_is(tmp_path: Path) -> None:
    settings = {"engine": "memory", "state": "/elsewhere", "medium": "/elsewhere"}
    loaded = site.load(lay(tmp_path / "site", medium_json=signed(), ca_pem="c", settings_json=settings))
    text = site.settings(loaded, Path("/run/hardpan/medium"), Path("/state"), Path("/dev/tpmrm0"), virtual=True)
    made = NodeSettings.model_validate_json(text)
    assert made.tpm == Path("/dev/tpmrm0")
    assert (made.engine, made.accelerator) == ("memory", "kvm")
    assert (made.state, made.medium) == (Path("/state"), Path("/run/hardpan/medium"))


def test_an_image_may_leave_the_tpm_alone(tmp_path: Path) -> None:
    loaded = site.load(lay(tmp_path / "site", medium_json=signed(), ca_pem="c", settings_json={"tpm": None}))
    text = site.settings(loaded, Path("/medium"), Path("/state"), Path("/dev/tpmrm0"), virtual=True)
    assert NodeSettings.model_validate_json(text).tpm is None


def test_the_image_says_its_version_and_its_build_time() -> None:
    assert site.image('NAME="Hardpan"\nVERSION_ID=0.1.0\nHARDPAN_BUILT=1790000000\n') == site.Image(
        "Hardpan", "0.1.0", 1_790_000_000
    )
    assert site.image("") == site.Image()


def machine(root: Path) -> Places:
    """A machine's files: every channel says something."""
    files = {
        "proc/cmdline": b"console=ttyS0 hardpan.gateway=https://kernel:1",
        ".extra/credentials/hardpan.gateway.cred": b"https://esp:1\n",
        ".extra/global_credentials/hardpan.label.rack.cred": b"7\n",
        ".extra/credentials/README": b"hardpan.gateway=https://readme:1",
        "sys/firmware/qemu_fw_cfg/by_name/opt/io.systemd.credentials/hardpan.gateway/raw": b"https://fw:1",
        "sys/firmware/dmi/entries/11-0/raw": b"\x0b\x05\x00\x0e\x01hardpan.gateway=https://smbios:1\0\0",
        "sys/firmware/dmi/entries/1-0/raw": b"\x01\x05\x00\x0e\x01hardpan.gateway=https://type1:1\0\0",
        "state/boot.json": b'{"gateway": "https://earlier:1"}',
        "run/drivers": b"",
        "run/dhcp/eth0.env": b"ip=10.0.2.15\nopt224=" + b"https://dhcp:1".hex().encode(),
        "sys/class/net/eth0/device/vendor": b"",
        "sys/class/net/eth0/carrier": b"1",
        "proc/net/if_inet6": b"fd000000000000000000000000000002 04 40 00 82     eth0\n",
    }
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return Places(root)


def test_every_channel_is_heard(tmp_path: Path) -> None:
    places = machine(tmp_path)
    heard = {offer.channel: offer.value for offer in observing.offers(places) if offer.key == "gateway"}
    assert heard == {
        Channel.REMEMBERED: "https://earlier:1",
        Channel.KERNEL_LINE: "https://kernel:1",
        Channel.CREDENTIALS: "https://esp:1",
        Channel.FIRMWARE_CONFIGURATION: "https://fw:1",
        Channel.SMBIOS: "https://smbios:1",
    }
    (card,) = observing.cards(places)
    assert card.lease is not None
    assert [each.value for each in card.lease.offers] == ["https://dhcp:1"]
    assert card.interface.addresses == (IPv6Address("fd00::2"),)


@pytest.mark.parametrize("text", [b"{", b"[]", b'"x"', b"\xff"])
def test_a_memory_of_an_earlier_boot_that_is_damaged_says_nothing(tmp_path: Path, text: bytes) -> None:
    places = machine(tmp_path)
    places.remembered.write_bytes(text)
    assert not [offer for offer in observing.offers(places) if offer.channel is Channel.REMEMBERED]


MODULES = """nvme 57344 0 - Live 0xffffffffc06e1000
megaraid_sas 188416 0 - {} 0xffffffffc05e1000
scsi_mod 286720 1 megaraid_sas, Live 0xffffffffc05a1000
"""


def test_an_empty_disk_is_taken_only_when_no_more_disks_are_to_be_expected(tmp_path: Path) -> None:
    places, now = machine(tmp_path), [0.0]
    disks = disk_observer.DiskObserver(places, lambda: now[0])
    places.modules.write_text(MODULES.format("Loading"))
    for now[0] in (1.0, 30.0):
        disks.look()
        assert not disks.settled
    places.modules.write_text(MODULES.format("Live"))
    now[0] += disk_observer.SETTLE_SECONDS - 0.1
    disks.look()
    assert not disks.settled
    (tmp_path / "sys/class/block/sda").mkdir(parents=True)
    disks.look()
    now[0] += disk_observer.SETTLE_SECONDS - 0.1
    assert not disks.settled
    now[0] += 0.2
    assert disks.settled


@pytest.mark.parametrize(("seconds", "settled"), [(1.0, False), (2.1, True)])
def test_a_disk_that_came_before_the_first_look_has_been_there_since(
    tmp_path: Path, seconds: float, settled: bool
) -> None:
    places = machine(tmp_path)
    for file in (tmp_path / "sys/class/block/sda", places.device("sda")):
        file.mkdir(parents=True)
    came = time.time() - seconds
    os.utime(places.drivers, (came - 9.0, came - 9.0))
    os.utime(places.device("sda"), (came, came))
    disks = disk_observer.DiskObserver(places)
    disks.look()
    assert disks.settled is settled


def test_no_disk_is_taken_while_drivers_are_loaded(tmp_path: Path) -> None:
    places, now = machine(tmp_path), [0.0]
    places.drivers.unlink()
    disks = disk_observer.DiskObserver(places, lambda: now[0])
    now[0] = 2 * disk_observer.SETTLE_SECONDS
    disks.look()
    assert not disks.settled
    assert disks.drivers_load
    places.drivers.touch()
    assert not disks.drivers_load


def test_drivers_are_waited_for_in_the_first_minute_only(tmp_path: Path) -> None:
    places, now = machine(tmp_path), [0.0]
    places.drivers.unlink()
    disks = disk_observer.DiskObserver(places, lambda: now[0])
    now[0] = disk_observer.DRIVER_SECONDS
    assert not disks.drivers_load


def test_a_driver_that_never_ends_holds_a_machine_for_a_minute_only(tmp_path: Path) -> None:
    places, now = machine(tmp_path), [0.0]
    disks = disk_observer.DiskObserver(places, lambda: now[0])
    places.modules.write_text(MODULES.format("Loading"))
    for now[0] in (1.0, disk_observer.DRIVER_SECONDS - 0.1):
        disks.look()
        assert not disks.settled
    now[0] += disk_observer.SETTLE_SECONDS + 0.1
    disks.look()
    assert disks.settled


def test_the_pool_is_known_by_its_mount(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.mounts.parent.mkdir(parents=True)
    places.mounts.write_text(f"proc /proc proc rw 0 0\n/dev/vdb1 {places.state} btrfs rw,noatime 0 0\n")
    assert observing.mounted(places) == "/dev/vdb1"
    places.mounts.write_text(f"tmpfs {places.state} tmpfs rw 0 0\n")
    assert observing.mounted(places) == ""


def test_an_earlier_boot_s_pids_and_words_are_forgotten_and_nothing_else(tmp_path: Path) -> None:
    for name in ("run/agent.pid", "run/executor.pid", "run/agent.log", "agent/status.json", "@identity/keys.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    forget_earlier_boot(tmp_path)
    left = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()}
    assert left == {"run/agent.log", "@identity/keys.json"}


class FakeChild(Child):
    """A process that is only told what to do."""

    def __post_init__(self) -> None:
        self.ended = False

    def look(self) -> None:
        return

    def end(self) -> None:
        self.ended = True


@dataclass
class Family:
    """Makes children and keeps them."""

    children: list[FakeChild] = field(default_factory=list)

    def make(self, name: str, settings: NodeSettings, show: Callable[[str], None]) -> Child:
        """See NodeProcesses."""
        self.children.append(FakeChild(name, settings, show))
        return self.children[-1]


def settings_in(folder: Path) -> NodeSettings:
    """Settings of a node in this folder."""
    return NodeSettings(medium=folder / "medium", state=folder / "state")


def test_a_new_medium_ends_those_that_go_by_the_old_one(tmp_path: Path) -> None:
    family = Family()
    node = NodeProcesses(family.make)
    node.lay_down(settings_in(tmp_path))
    node.start("executor")
    node.start("agent")
    node.lay_down(settings_in(tmp_path))
    assert [each.ended for each in family.children] == [True, True]
    assert node.started == frozenset()


def test_last_words_are_shown_until_the_node_speaks_again(tmp_path: Path) -> None:
    family = Family()
    node = NodeProcesses(family.make)
    settings = settings_in(tmp_path)
    node.lay_down(settings)
    node.start("executor")
    family.children[0].show("executor: executor stopped, WrongDisk: /state is not on btrfs")
    assert (node.state().state, node.state().reason) == ("Stopped", "WrongDisk")
    settings.paths.agent.mkdir()
    settings.paths.status.write_text('{"node": "n-a", "parts": {"machines": {"state": "Waiting"}}}')
    assert (node.state().node, node.state().state) == ("n-a", "Stopped")
    settings.paths.status.write_text('{"node": "n-a", "parts": {"control plane": {"state": "Reporting"}}}')
    assert node.state().state == "Reporting"


@dataclass(frozen=True)
class FakeActs(Acts):
    """Acts that only change files; `fails` are what the next ones end with."""

    fails: list[Exception] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def prepare(self, choice: Choice) -> None:
        if choice.act is Act.WAIT:
            return
        self.done.append(choice.act.value)
        if self.fails:
            raise self.fails.pop()
        self.places.mounts.parent.mkdir(parents=True, exist_ok=True)
        self.places.mounts.write_text(f"/dev/vda1 {self.places.state} btrfs rw 0 0\n")


def booting(root: Path, *fails: Exception) -> tuple[Boot, FakeActs, list[Screen]]:
    """A machine with a pool that is not mounted yet, and what its console shows."""
    places = machine(root)
    for name, text in {"size": "16777216", "vda1/partition": "1", "vda1/uevent": "PARTNAME=hardpan-state"}.items():
        (root / "sys/class/block/vda" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "sys/class/block/vda" / name).write_text(text)
    (root / "dev").mkdir()
    (root / "dev/vda1").write_bytes(bytes(0x10040) + b"_BHRfS_M".ljust(1 << 20, b"\0"))
    places.site.parent.mkdir(parents=True)
    lay(places.site, medium_json=signed(), ca_pem="a certificate")
    acts = FakeActs(places, SystemRunner(), NodeProcesses(Family().make), list(fails))
    shown: list[Screen] = []
    return Boot(places, acts, shown.append), acts, shown


def test_a_pool_is_mounted_the_medium_written_and_the_executor_started(tmp_path: Path) -> None:
    boot, acts, shown = booting(tmp_path)
    steps = [boot.pass_once() for _ in range(3)]
    assert steps == [Step.MOUNT, Step.LAY_DOWN, Step.START_EXECUTOR]
    assert acts.done == ["mount"]
    assert acts.node.started == {"executor"}
    written = MediumFile.model_validate_json((acts.places.medium / "medium.json").read_bytes())
    assert written.gateway == "https://smbios:1"
    assert json.loads(acts.places.remembered.read_bytes()) == {"gateway": "https://smbios:1"}
    assert shown[-1].disk == "vda, 8 GiB: this node's pool"
    assert shown[-1].control_plane == "https://smbios:1 (from SMBIOS)"


def test_a_step_that_failed_is_told_and_tried_again_after_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    boot, acts, shown = booting(tmp_path, SalError("mount: exit code 32\n  wrong fs type"))
    boot.pass_once()
    for _ in range(2):
        boot.pass_once()
    assert acts.done == ["mount"]
    now[0] += PATIENCE_SECONDS
    boot.pass_once()
    assert (shown[-1].state, shown[-1].sentence) == ("Waiting", "mount: exit code 32 wrong fs type")
    assert acts.done == ["mount", "mount"]
    boot.pass_once()
    assert acts.node.started == frozenset()
    boot.pass_once()
    assert shown[-1].sentence == ""


def test_an_image_of_no_site_says_so_and_takes_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    boot, acts, shown = booting(tmp_path)
    (acts.places.site / "medium.json").unlink()
    boot = Boot(acts.places, acts, shown.append)
    for _ in range(3):
        boot.pass_once()
        now[0] += PATIENCE_SECONDS
    assert "this image belongs to no site" in shown[-1].sentence
    assert acts.done == []
