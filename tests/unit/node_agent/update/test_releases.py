"""What the executor makes of an order: it counts by what the operator signed, and never goes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from node_agent.errors import NeedsOperator, Refused
from node_agent.executor.host import Power
from node_agent.executor.leaving import stop_machines
from node_agent.messages import Done, OfferImage
from node_agent.settings import ImageSettings
from node_agent.update.documents import Desk, Order, Told, keep, read
from sal.errors import NoSpace
from tests.unit.node_agent.node import MACHINE, Node
from trust.machine import open_signed
from trust.report import REPORT_TYPE, Report, ReportImage

ASKED = "2026-11-26T09:00:00Z"
DIGEST = "sha256:" + "0" * 64


def spec(**changes: Any) -> dict[str, Any]:
    """A release."""
    url = "http://images.example/new.efi"
    standing = {"version": "0.2.0", "flavour": "cloud", "digest": DIGEST, "size": 5, "url": url, "minimum": "0.1.0"}
    return standing | changes


class Booted(Node):
    """A node that runs an image."""

    def __init__(self, folder: Path, version: str = "0.1.0") -> None:
        self.desk = Desk(folder / "run")
        super().__init__(folder)
        self.boot(version)

    def boot(self, version: str) -> None:
        """A start of this version; what was in memory is gone."""
        for each in (self.desk.order, self.desk.told, self.desk.sound):
            each.unlink(missing_ok=True)
        image = ImageSettings(version=version, flavour="cloud", folder=self.desk.folder)
        self.settings = self.settings.model_copy(update={"image": image})
        self.restart()
        self.releases = self.executor.releases

    def release(self, **releases: dict[str, Any]) -> None:
        """The operator signs a snapshot with these releases and no others."""
        self.cluster.releases = releases
        self.cluster.version += 1
        self.service.trust.accept(self.cluster.bundle())

    def offered(self, release: str, asked: str = ASKED) -> Order | None:
        """What is passed on of an order."""
        assert self.service.respond(OfferImage(release=release, asked=asked)) == Done()
        return read(self.desk.order, Order)

    def works(self) -> None:
        """The boot says that this image is a working node."""
        self.desk.mark(self.desk.sound)
        self.releases.pass_once()

    def image(self) -> ReportImage:
        """What the node's signed report says of its image."""
        envelope = self.service.reporter.report()
        found = open_signed(envelope, REPORT_TYPE, Report, self.public).image
        assert found is not None
        return found


@pytest.fixture
def node(tmp_path: Path) -> Booted:
    return Booted(tmp_path)


def test_a_signed_order_is_passed_on_with_the_values_that_were_signed(node: Booted) -> None:
    node.release(new=spec())
    url = "http://images.example/new.efi"
    assert node.offered("new") == Order(release="new", asked=ASKED, version="0.2.0", digest=DIGEST, size=5, url=url)


@pytest.mark.parametrize(
    ("releases", "reason"),
    [
        ({}, "ReleaseUnknown"),
        ({"new": spec(flavour="metal")}, "WrongFlavour"),
        ({"new": spec(version="0.0.9", minimum="0.0.1")}, "OlderThanRan"),
        ({"new": spec(version="0.2.0"), "newer": spec(version="0.4.0", minimum="0.3.0")}, "BelowMinimum"),
    ],
)
def test_what_may_not_be_installed_is_refused_with_its_own_reason(
    node: Booted, releases: dict[str, Any], reason: str
) -> None:
    node.release(**releases)
    assert node.offered("new") is None
    told = node.image()
    assert (told.state, told.reason, told.release, told.asked) == ("failed", reason, "new", ASKED)


def test_a_refused_order_ends_the_one_before(node: Booted) -> None:
    node.release(new=spec())
    assert node.offered("new") is not None
    assert node.offered("other") is None


def test_a_minimum_that_was_seen_once_holds_for_good(node: Booted) -> None:
    node.release(new=spec(), newer=spec(version="0.4.0", minimum="0.3.0"))
    node.releases.pass_once()
    node.release(new=spec())
    node.boot("0.1.0")
    assert node.offered("new") is None
    assert node.image().reason == "BelowMinimum"


def test_once_an_image_worked_nothing_older_is_installed_or_runs(node: Booted) -> None:
    node.boot("0.2.0")
    node.works()
    node.boot("0.1.0")
    with pytest.raises(NeedsOperator, match=r"version 0\.1\.0, and 0\.2\.0 worked here"):
        node.releases.require_young()
    node.release(new=spec(version="0.1.5"))
    assert node.offered("new") is None
    assert node.image().reason == "OlderThanRan"


def test_an_image_that_never_worked_bars_no_way_back(node: Booted) -> None:
    node.works()
    node.boot("0.2.0")
    node.releases.pass_once()
    node.boot("0.1.0")
    node.releases.require_young()


def test_the_image_s_measure_is_admitted_to_the_keys_before_it_is_installed(node: Booted) -> None:
    admitted: list[tuple[bytes, bool]] = []
    node.releases.admit = lambda measure: admitted.append((measure, node.desk.order.exists()))
    node.release(new=spec(pcr11="ab" * 32))
    node.offered("new")
    node.offered("new")
    assert admitted == [(bytes.fromhex("ab" * 32), False)]


def test_what_the_boot_tells_stands_in_the_report(node: Booted) -> None:
    assert node.image() == ReportImage(version="0.1.0", flavour="cloud", state="current")
    node.desk.ensure()
    keep(node.desk.told, Told(state="fell-back", release="new", asked=ASKED, reason="FellBack", message="no answer"))
    told = node.image()
    assert (told.state, told.reason, told.message) == ("fell-back", "FellBack", "no answer")


def test_a_node_that_was_not_booted_from_an_image_takes_no_orders(tmp_path: Path) -> None:
    node = Node(tmp_path)
    assert node.service.respond(OfferImage(release="new", asked=ASKED)) == Done()
    assert node.executor.releases.report() is None
    assert not node.executor.releases.leaving


def test_an_ended_trust_installs_nothing(node: Booted) -> None:
    node.release(new=spec())
    node.clock.advance(30 * 86_400.0)
    assert node.offered("new") is None
    assert node.image().reason == "TrustExpired"


def test_keys_that_the_image_could_not_open_keep_it_away(node: Booted) -> None:
    def sealed(_: bytes) -> None:
        raise Refused("KeysSealed", "the release does not say what PCR 11 its own will have")

    node.releases.admit = sealed
    node.release(new=spec())
    assert node.offered("new") is None
    assert node.image().reason == "KeysSealed"


def test_a_disk_that_takes_no_order_fails_it_for_now(node: Booted, monkeypatch: pytest.MonkeyPatch) -> None:
    node.release(new=spec())
    monkeypatch.setattr("node_agent.executor.releases.Desk.ensure", _full)
    assert node.offered("new") is None
    assert node.image().reason == "HostFailed"
    monkeypatch.undo()
    assert node.offered("new") is not None
    assert node.image().state == "current"


def _full(_: Desk) -> None:
    raise NoSpace("the disk is full")


def test_machines_are_stopped_when_the_node_goes_down_and_come_back_after_it(node: Booted) -> None:
    assert node.ensure().state == "succeeded"
    assert not node.releases.leaving
    node.desk.mark(node.desk.leaving)
    assert node.releases.leaving
    stop_machines(node.executor.keeper.tools)
    machine = node.runner.tools.resources.get(MACHINE)
    assert machine is not None
    assert node.host.power(machine.assignment.host_name) is Power.OFF
    assert machine.observation.state in ("starting", "running")
