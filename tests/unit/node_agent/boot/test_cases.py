"""What the boot reads and decides, case by case: tests/cases/node_agent.boot.*."""

from __future__ import annotations

import json
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest

from node_agent.boot import channels, clock_rules, disks, network, offers
from node_agent.boot.channels import Lease
from node_agent.boot.clock_rules import Hand, Reading
from node_agent.boot.network import Card
from node_agent.boot.offers import Channel, Offer
from sal.block import Disk, Partition, Surface
from sal.interfaces import Interface

CASES = Path(__file__).parents[3] / "cases"


def cases(name: str) -> Any:
    """A decorator that gives a test each case of this part, named by its file."""
    files = sorted((CASES / f"node_agent.boot.{name}").glob("*.json"))
    found = [pytest.param(json.loads(file.read_text()), id=file.stem) for file in files]
    return pytest.mark.parametrize("case", found)


def said(found: tuple[Offer, ...]) -> list[list[str]]:
    """Key and value of each offer."""
    return [[offer.key, offer.value] for offer in found]


@cases("kernel_line")
def test_the_kernel_line(case: dict[str, Any]) -> None:
    assert said(channels.kernel_line(case["text"])) == case["offers"]


@cases("smbios")
def test_smbios_strings(case: dict[str, Any]) -> None:
    assert said(channels.smbios(bytes.fromhex(case["structure"]))) == case["offers"]


@cases("lease")
def test_a_lease(case: dict[str, Any]) -> None:
    lease = channels.lease("".join(f"{line}\n" for line in case["lines"]))
    assert (lease.address if lease else None) == case["address"]
    assert list(lease.time_servers if lease else ()) == case["time_servers"]
    assert said(lease.offers if lease else ()) == case["offers"]


@cases("offers")
def test_what_counts_of_all_offers(case: dict[str, Any]) -> None:
    chosen = offers.choose(Offer(Channel[channel], key, value) for channel, key, value in case["offers"])
    assert chosen.gateway == case["gateway"]
    assert (chosen.channel.name if chosen.channel is not None else None) == case["channel"]
    assert (chosen.token.name if chosen.token else None) == case["token"]
    assert chosen.labels == case["labels"]
    assert list(chosen.ignored) == case["ignored"]


def seen(fields: dict[str, Any]) -> disks.Seen:
    """A disk of a case."""
    surface = Surface[fields.pop("surface")] if fields["surface"] else fields.pop("surface")
    pools = [(Partition(device, disks.POOL), Surface[name]) for device, name in fields.pop("pools")]
    partitions = tuple(Partition(device, "") for device in fields.pop("partitions"))
    return disks.Seen(Disk(partitions=partitions, **fields), surface, tuple(pools))


@cases("disks")
def test_the_disk_of_the_pool(case: dict[str, Any]) -> None:
    choice = disks.choose([seen(dict(each)) for each in case["disks"]], case["settled"])
    assert (choice.act.name, choice.device, choice.stuck) == (case["act"], case["device"], case["stuck"])
    assert choice.why == case["why"]


@cases("network")
def test_what_is_missing_on_the_network(case: dict[str, Any]) -> None:
    found = [
        Card(
            Interface(each["name"], each["carrier"], tuple(map(IPv6Address, each["addresses"]))),
            Lease(each["lease"]) if each["lease"] else None,
        )
        for each in case["cards"]
    ]
    assert network.missing(found) == case["missing"]
    assert list(network.addresses(found)) == case["addresses"]


@cases("clock_rules")
def test_what_may_set_the_clock(case: dict[str, Any]) -> None:
    readings = [Reading(Hand[hand], offset) for hand, offset in case["readings"]]
    correction = clock_rules.correct(readings, case["worthless"])
    assert (correction.seconds, correction.told) == (case["seconds"], case["told"])
