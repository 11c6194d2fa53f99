"""Placement: filter with counted reasons, spread before best fit, the same answer every time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.supervisor import placement
from controllers.supervisor.model import Capacity, NodeView, Placed, Want
from tests.unit.controllers.supervisor.build import GIB, machine, node, node_id, placed, volume


def placing(
    *wants: Want, nodes: list[NodeView], objects: tuple[Placed, ...] = (), region: str = ""
) -> tuple[dict[str, str], list[placement.Unplaced]]:
    field = placement.Field({view.name: view for view in nodes}, {}, {})
    done, unplaced = placement.place(placement.requests(wants, objects, region), field)
    return {each.request.name: each.node for each in done}, unplaced


def test_a_machine_goes_with_its_volumes() -> None:
    found = placement.requests([volume("data"), machine("web", volumes=["data"])], (), "")
    assert [[want.name for want in request.members] for request in found] == [["web", "data"]]


def test_a_machine_follows_the_volume_that_is_already_there() -> None:
    data = volume("data")
    homes, _ = placing(data, machine("web", volumes=["data"]), nodes=[node(0), node(1)], objects=(placed(data, 1),))
    assert homes == {"machine/web": node_id(1)}


def test_a_new_volume_of_a_placed_machine_follows_the_machine() -> None:
    web = machine("web", volumes=["data"])
    homes, _ = placing(web, volume("data"), nodes=[node(0), node(1)], objects=(placed(web, 1),))
    assert homes == {"volume/data": node_id(1)}


def test_machines_of_one_spread_group_go_to_different_nodes() -> None:
    homes, _ = placing(machine("a", spread="web"), machine("b", spread="web"), nodes=[node(0), node(1)])
    assert len(set(homes.values())) == 2


def test_without_a_group_the_fullest_node_that_fits_is_taken() -> None:
    homes, _ = placing(machine("a"), nodes=[node(0), node(1, capacity=Capacity(4, GIB, 100 * GIB, 1000))])
    assert homes == {"machine/a": node_id(1)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"certified": False, "refusal": "not certified (BadSignature)"}, "not certified (BadSignature)"),
        ({"reachable": False}, "unreachable"),
        ({"schedulable": False}, "cordoned"),
        ({"region": "us"}, "other region"),
        ({"capacity": Capacity(4, 1, 100 * GIB, 1000)}, "too little memory"),
        ({"capacity": Capacity(0, 4 * GIB, 100 * GIB, 1000)}, "too few cpus"),
        ({"capacity": Capacity(4, 4 * GIB, 1, 1000)}, "too little disk"),
        ({"capacity": Capacity(4, 4 * GIB, 100 * GIB, 0)}, "too many machines and volumes"),
    ],
)
def test_a_node_falls_out_by_the_rule_that_it_breaks(change: dict[str, object], reason: str) -> None:
    homes, unplaced = placing(machine("a"), nodes=[node(0, **change)], region="eu")
    assert not homes
    assert unplaced[0].filtered == {reason: 1}


def test_a_missing_label_is_named() -> None:
    _, unplaced = placing(machine("a", nodeLabels={"disk": "ssd"}), nodes=[node(0)])
    assert "label disk=ssd missing" in unplaced[0].message


def test_the_sentence_counts_the_reasons_and_names_the_most_free_memory() -> None:
    small = Capacity(4, 256 << 20, 100 * GIB, 1000)
    _, unplaced = placing(
        machine("a"), nodes=[node(0, capacity=small), node(1, schedulable=False), node(2, capacity=small)]
    )
    assert unplaced[0].message.startswith("no node fits. 3 nodes: 2 too little memory (need 512Mi; most free: ")
    assert "1 cordoned" in unplaced[0].message


def test_without_any_node_the_remedy_is_to_boot_one() -> None:
    _, unplaced = placing(machine("a"), nodes=[])
    assert "boot a machine" in unplaced[0].message


@given(st.lists(st.integers(128, 2048), max_size=12), st.integers(1, 4))
def test_no_node_is_ever_given_more_than_it_has(sizes: list[int], count: int) -> None:
    wants = [machine(f"m{i}", memory=size << 20) for i, size in enumerate(sizes)]
    nodes = [node(i) for i in range(count)]
    homes, unplaced = placing(*wants, nodes=nodes)
    assert len(homes) + len(unplaced) == len(wants)
    for view in nodes:
        there = [want for want in wants if homes.get(f"machine/{want.name}") == view.name]
        assert sum(placement.size_of(want.item).memory for want in there) <= view.capacity.memory
        assert len(there) <= view.capacity.cpus


@given(st.permutations(list(range(4))))
def test_the_order_in_which_nodes_are_known_changes_nothing(order: list[int]) -> None:
    wants = [machine("a", spread="web"), machine("b", spread="web"), machine("c")]
    assert placing(*wants, nodes=[node(i) for i in order]) == placing(*wants, nodes=[node(i) for i in range(4)])
