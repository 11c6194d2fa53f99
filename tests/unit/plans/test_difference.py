"""What a new plan does to what runs: at once, by a restart, by a rebuild, or never; and where data is lost."""

from __future__ import annotations

import pytest

from crds.workload import ChangeClass, MachineItem, VolumeItem
from plans.difference import Change, Difference, difference
from tests.unit.plans.written import IMAGE, machine, plan_of, volume

OTHER = IMAGE.replace("debian", "alpine")
DIGEST_ONLY = IMAGE[:-1] + "0"
LIVE, RESTART, REBUILD, REFUSED = ChangeClass.LIVE, ChangeClass.RESTART, ChangeClass.REBUILD, ChangeClass.REFUSED


def between(old: str | None, new: str) -> Difference:
    """The difference of two scripts' plans."""
    return difference(plan_of(old) if old is not None else None, plan_of(new))


def told(found: Difference) -> list[tuple[str, str]]:
    """Each change as (action, kind/name)."""
    return [(each.action, f"{each.kind}/{each.name}") for each in found.changes]


def only(found: Difference) -> Change:
    """The one change."""
    (change,) = found.changes
    return change


def test_at_first_all_is_added_in_the_order_of_the_script() -> None:
    found = between(None, volume("b") + machine("a"))
    assert told(found) == [("add", "volume/b"), ("add", "machine/a")]
    assert found.unchanged == 0


def test_nothing_changed_is_no_change() -> None:
    script = volume("b") + machine("a")
    assert between(script, script) == Difference((), 2)


def test_another_order_alone_is_no_change() -> None:
    assert between(volume("a") + volume("b"), volume("b") + volume("a")) == Difference((), 2)


def test_removals_come_last_and_in_reverse() -> None:
    found = between(volume("a") + machine("b") + machine("c"), machine("d"))
    assert told(found) == [
        ("add", "machine/d"),
        ("remove", "machine/c"),
        ("remove", "machine/b"),
        ("remove", "volume/a"),
    ]
    assert found.unchanged == 0


def test_what_stays_is_counted() -> None:
    found = between(volume("a") + volume("b") + volume("c"), volume("a") + volume("b", size='"2Gi"') + volume("d"))
    assert told(found) == [("change", "volume/b"), ("add", "volume/d"), ("remove", "volume/c")]
    assert found.unchanged == 1


def test_the_same_name_of_another_kind_is_another_resource() -> None:
    assert told(between(volume("a"), machine("a"))) == [("add", "machine/a"), ("remove", "volume/a")]


MACHINE_CHANGES: dict[str, tuple[str, ChangeClass]] = {
    "cpus": ("2", RESTART),
    "memory": ('"1Gi"', RESTART),
    "disk": ('"4Gi"', REBUILD),
    "image": (f'"{OTHER}"', REBUILD),
    "env": ('#{ A: "1" }', RESTART),
    "restart": ('"never"', LIVE),
    "spread": ('"web"', LIVE),
    "node_labels": ('#{ disk: "ssd" }', LIVE),
}


@pytest.mark.parametrize("field", MACHINE_CHANGES)
def test_a_changed_field_of_a_machine_says_what_it_does(field: str) -> None:
    written, effect = MACHINE_CHANGES[field]
    change = only(between(machine(), machine(**{field: written})))
    assert [(each.field, each.effect) for each in change.fields] == [(field, effect)]
    assert (change.action, change.effect, change.loses_data) == ("change", effect, False)
    back = only(between(machine(**{field: written}), machine()))
    assert back.effect is effect


def test_another_content_under_the_same_address_is_a_rebuild() -> None:
    assert only(between(machine(), machine(image=f'"{DIGEST_ONLY}"'))).effect is REBUILD


def test_volumes_of_a_machine_change_by_a_restart() -> None:
    with_one = f"let v = {volume()} {machine(volumes='[#{ volume: v, mount: `/d` }]')}"
    change = only(between(volume() + machine(), with_one))
    assert [(each.field, each.effect) for each in change.fields] == [("volumes", RESTART)]
    elsewhere = with_one.replace("/d`", "/e`")
    assert only(between(with_one, elsewhere)).effect is RESTART
    assert only(between(with_one, with_one.replace("mount:", "read_only: true, mount:"))).effect is RESTART


def test_a_reference_to_another_machine_is_a_restart() -> None:
    made = f"let a = {machine('a')} let b = {machine('b')} "
    change = only(between(made + machine(env="#{ P: a.address }"), made + machine(env="#{ P: b.address }")))
    assert change.effect is RESTART


VOLUME_CHANGES: dict[str, tuple[str, ChangeClass]] = {
    "size": ('"2Gi"', LIVE),
    "on_delete": ('"destroy"', LIVE),
    "bin_days": ("30", LIVE),
}


@pytest.mark.parametrize("field", VOLUME_CHANGES)
def test_a_changed_field_of_a_volume_says_what_it_does(field: str) -> None:
    written, effect = VOLUME_CHANGES[field]
    change = only(between(volume(), volume(**{field: written})))
    assert [(each.field, each.effect) for each in change.fields] == [(field, effect)]
    assert not change.loses_data


def test_a_volume_never_shrinks() -> None:
    change = only(between(volume(size='"2Gi"'), volume(size='"1Gi"')))
    assert change.effect is REFUSED
    (field,) = change.fields
    assert (field.old, field.new) == (2 << 30, 1 << 30)


def test_every_field_has_a_class_that_a_test_knows() -> None:
    machine_fields = {name: str(info.json_schema_extra["x-change"]) for name, info in MachineItem.model_fields.items()}  # type: ignore[index, call-overload]
    expected = {name: effect.value for name, (_, effect) in MACHINE_CHANGES.items()}
    assert machine_fields == {**expected, "volumes": "restart", "runtime": "rebuild"}
    assert set(VolumeItem.model_fields) == set(VOLUME_CHANGES)


def test_the_strongest_class_counts() -> None:
    change = only(between(machine(), machine(restart='"never"', cpus="2")))
    assert change.effect is RESTART
    assert only(between(machine(), machine(restart='"never"', cpus="2", disk='"4Gi"'))).effect is REBUILD
    shrunk = volume(size='"1Gi"', bin_days="1")
    assert only(between(volume(size='"2Gi"'), shrunk)).effect is REFUSED
    assert Change("add", "volume", "a", change.item).effect is None


@pytest.mark.parametrize("option", ["bin", "destroy"])
def test_the_removal_of_a_volume_loses_data_and_that_of_a_machine_does_not(option: str) -> None:
    made = volume("a", on_delete=f'"{option}"')
    found = between(made + machine("b"), "")
    assert [(each.kind, each.loses_data) for each in found.changes] == [("machine", False), ("volume", True)]
