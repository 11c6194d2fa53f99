"""Assignment: stable while the supervisor lives, by region, and it says why nobody serves."""

from __future__ import annotations

import dataclasses

import pytest

from controllers.coord.assignment import Assignment, Candidate, Subject, assign

EU = Candidate("eu-1", "eu", listed=True, alive=True, deployments=0)
US = Candidate("us-1", "us", listed=True, alive=True, deployments=0)
WEB = Subject("demo", "web", "", "", 0, placed=False)


def test_the_region_selects() -> None:
    assert assign(dataclasses.replace(WEB, region="us"), [EU, US]).supervisor == "us-1"


def test_the_first_assignment_is_epoch_one() -> None:
    assert assign(WEB, [EU]) == Assignment("eu-1", 1, "True", "Assigned", "served by eu-1")


def test_an_assignment_stays_whatever_the_load() -> None:
    served = dataclasses.replace(WEB, supervisor="eu-1", epoch=1)
    assert assign(served, [dataclasses.replace(EU, deployments=10_000), US]) == Assignment(
        "eu-1", 1, "True", "Assigned", "served by eu-1"
    )


def test_a_dead_supervisor_is_replaced_while_nothing_has_a_node() -> None:
    served = dataclasses.replace(WEB, supervisor="eu-1", epoch=1)
    again = assign(served, [dataclasses.replace(EU, alive=False), US])
    assert (again.supervisor, again.epoch) == ("us-1", 2)


def test_what_has_a_node_stays_with_its_supervisor() -> None:
    served = dataclasses.replace(WEB, supervisor="eu-1", epoch=1, placed=True)
    kept = assign(served, [dataclasses.replace(EU, alive=False), US])
    assert (kept.supervisor, kept.epoch, kept.status) == ("eu-1", 1, "Unknown")


@pytest.mark.parametrize("change", [{"listed": False}, {"alive": False}, {"region": "us"}])
def test_who_does_not_count_is_not_picked(change: dict[str, object]) -> None:
    found = assign(dataclasses.replace(WEB, region="eu"), [dataclasses.replace(EU, **change)])  # type: ignore[arg-type]
    assert (found.supervisor, found.status, found.reason) == ("", "False", "NoSupervisor")
    assert "no supervisor for region eu" in found.message


def test_many_deployments_spread_over_equal_supervisors() -> None:
    twin = dataclasses.replace(EU, name="eu-2")
    names = [assign(dataclasses.replace(WEB, name=f"d{i}"), [EU, twin]).supervisor for i in range(100)]
    assert 30 < names.count("eu-1") < 70


def test_what_has_a_node_stays_though_its_supervisor_is_listed_no_more() -> None:
    served = dataclasses.replace(WEB, supervisor="eu-0", epoch=1, placed=True)
    kept = assign(served, [EU, US])
    assert (kept.supervisor, kept.epoch, kept.status) == ("eu-0", 1, "Unknown")
    assert "not listed by the trust snapshot any more" in kept.message
