"""Which image a machine is given that starts over the network and says who it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from efi.bootstrap.pin_book import PinBook
from efi.bootstrap.pins import Claim, FleetAway, Node, Pin, Wanted, give, known, owner
from efi.bootstrap.site import image_of
from efi.errors import MediumWrong
from tests.unit.efi.bootstrap.server import METAL, OLD, Server, server

SCRIPT = "/sites/rack-7/metal/current/boot.ipxe"
UUID, CARD = "4C4C4544-0042-3510-8050-B7C04F503732", "52:54:00:68:71:01"
ME = {"machine": UUID.lower(), "card": CARD}
NEW = Wanted("newer 2026-11-26T09:00:00Z", hashlib.sha256(METAL).hexdigest())
NODE = Node("n-1", UUID, frozenset({CARD}), "0.1.0", works=True)
TRYING = replace(NODE, version="0.2.0", works=False)
KEPT, TRIAL = "chain ../0.1.0/hardpan.efi", "chain ../0.2.0/hardpan.efi"


@dataclass
class Cluster:
    """The nodes that there are; `away` while nobody tells of them."""

    found: tuple[Node, ...] = (NODE,)
    away: bool = field(default=False)

    def nodes(self) -> tuple[Node, ...]:
        """See Fleet."""
        if self.away:
            raise FleetAway("the API server gave no answer")
        return self.found


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def boot(tmp_path: Path, cluster: Cluster) -> Server:
    """A server that keeps pins; its current image is 0.2.0, and 0.1.0 is there too."""
    return server(tmp_path, PinBook(tmp_path / "pins.json", cluster))


async def start(boot: Server, **claim: str) -> str:
    """What the machine is given."""
    got = await boot.client.get(SCRIPT, params=claim or ME)
    assert got.headers["cache-control"] == "no-store"
    return got.text


async def test_whoever_does_not_say_who_he_is_is_asked(boot: Server) -> None:
    got = await boot.get(SCRIPT)
    assert got.text == "#!ipxe\nchain boot.ipxe?machine=${uuid}&card=${netX/mac:hexhyp}\n"


async def test_a_stranger_gets_the_current_image_and_hears_that_images_are_kept(boot: Server) -> None:
    given = await start(boot, machine="another", card="52:54:00:00:00:01")
    assert TRIAL in given
    assert given.endswith(" hardpan_pin=kept\n")


async def test_a_node_gets_what_it_ran_though_a_newer_image_is_there(boot: Server) -> None:
    given = await start(boot)
    assert KEPT in given
    assert given.endswith("hardpan.gateway=https://cp.example:8443 hardpan.label.rack=7 hardpan_pin=kept\n")


@pytest.mark.parametrize(
    "claim", [{"machine": UUID}, {"machine": UUID.lower()}, {"machine": "", "card": "52-54-00-68-71-01"}]
)
async def test_a_node_is_known_by_its_machine_or_its_card(boot: Server, claim: dict[str, str]) -> None:
    assert KEPT in await start(boot, **claim)


async def test_what_a_node_was_asked_for_is_tried_once(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    first = await start(boot)
    assert TRIAL in first
    assert first.endswith(" hardpan_pin=trial\n")
    second = await start(boot)
    assert KEPT in second
    assert second.endswith(" hardpan_pin=kept\n")


async def test_an_image_that_reported_and_did_not_work_is_left_too(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.found = (replace(TRYING, order=NEW),)
    assert KEPT in await start(boot)


async def test_a_release_withdrawn_during_its_trial_leaves_the_node_its_old_image(
    boot: Server, cluster: Cluster
) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.found = (TRYING,)
    assert KEPT in await start(boot)


async def test_another_order_during_a_trial_leaves_what_is_tried_unproven(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.found = (replace(TRYING, order=Wanted("later 2026-11-26T10:00:00Z", "0" * 64)),)
    assert KEPT in await start(boot)


async def test_asking_once_more_during_a_trial_proves_nothing(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.found = (replace(TRYING, order=replace(NEW, name="newer 2026-11-26T10:00:00Z")),)
    second = await start(boot)
    assert TRIAL in second
    assert second.endswith(" hardpan_pin=trial\n")
    assert KEPT in await start(boot)


async def test_an_image_that_works_is_given_from_then_on(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.found = (replace(NODE, version="0.2.0"),)
    given = await start(boot)
    assert TRIAL in given
    assert given.endswith(" hardpan_pin=kept\n")


async def test_what_worked_between_two_orders_is_what_the_second_falls_back_to(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.found = (replace(NODE, version="0.2.0", order=Wanted("later 2026-11-26T10:00:00Z", "0" * 64)),)
    assert TRIAL in await start(boot)


async def test_asking_once_more_is_another_try(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.found = (replace(NODE, order=replace(NEW, name="newer 2026-11-26T10:00:00Z")),)
    assert TRIAL in await start(boot)


async def test_a_release_of_other_bytes_is_not_tried(boot: Server, cluster: Cluster) -> None:
    cluster.found = (replace(NODE, order=replace(NEW, digest="0" * 64)),)
    assert KEPT in await start(boot)


async def test_pins_hold_while_nobody_tells_of_the_nodes_and_over_a_restart(
    boot: Server, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.found = (replace(NODE, order=NEW),)
    await start(boot)
    cluster.away = True
    assert KEPT in await start(boot)
    again = server(tmp_path, PinBook(tmp_path / "pins.json", cluster))
    assert KEPT in await start(again)
    cluster.away = False
    assert KEPT in await start(again)


async def test_a_version_that_is_not_there_any_more_is_followed_by_the_current_one(
    boot: Server, cluster: Cluster
) -> None:
    cluster.found = (replace(NODE, version="0.0.9"),)
    assert TRIAL in await start(boot)


async def test_scripts_of_a_version_are_as_they_were(boot: Server) -> None:
    got = await boot.get("/sites/rack-7/metal/0.1.0/boot.ipxe", params=ME)
    assert "chain hardpan.efi" in got.text


def test_the_newest_node_of_a_machine_counts() -> None:
    old, new = (Pin(UUID, (), "0.1.0", since=f"2026-11-2{day}T09:00:00Z") for day in (1, 2))
    assert owner(Claim(UUID), {"n-z": old, "n-a": new}) == "n-a"
    assert owner(Claim(), {"n-z": Pin("", (), "0.1.0")}) == ""


def test_a_machine_that_says_two_things_is_known_by_its_uuid() -> None:
    pins = {"n-z": Pin("other", (CARD,), "0.1.0"), "n-a": Pin(UUID, (), "0.1.0")}
    assert owner(Claim(UUID, CARD), pins) == "n-a"


def test_what_a_node_reports_counts_once_it_worked_there() -> None:
    before = Pin(UUID, (CARD,), "0.1.0", NEW.name)
    assert known(before, TRYING).version == "0.1.0"
    assert known(before, replace(TRYING, works=True)).version == "0.2.0"
    assert known(before, replace(TRYING, works=True, order=NEW)).version == "0.2.0"
    assert known(None, TRYING).version == "0.2.0"


def test_an_order_for_what_it_runs_is_no_try() -> None:
    pin = Pin(UUID, (CARD,), "0.2.0")
    assert give(pin, NEW, (image_of(METAL), image_of(OLD))) == (pin, image_of(METAL), False)


def test_a_damaged_book_is_told(tmp_path: Path, cluster: Cluster) -> None:
    (tmp_path / "pins.json").write_text("{]")
    with pytest.raises(MediumWrong, match="remove it"):
        PinBook(tmp_path / "pins.json", cluster)
