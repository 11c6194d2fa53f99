"""Plans and differences in words that nobody can misread."""

from __future__ import annotations

from typing import Any

import pytest

from cli.describe import difference_text, refused, usage_text
from crds.workload import MachineItem, VolumeItem
from plans.difference import difference
from plans.model import Plan, Resource
from trust.records import CeilingsRecord

MIB = 1 << 20
CEILINGS = CeilingsRecord(machines=5, cpus=8, memory=12 << 30, volumes=0, storage=0)


def machine(name: str = "web-0", **fields: Any) -> Resource:
    """A machine of a plan."""
    values: dict[str, Any] = {
        "runtime": "vm",
        "cpus": 2,
        "memory": 1024 * MIB,
        "disk": 64 * MIB,
        "image": {"url": "https://images.example/debian-12.raw", "sha256": "91ac" * 16},
        "volumes": [],
        "env": {},
        "restart": "always",
        "spread": "",
        "nodeLabels": {},
        **fields,
    }
    return Resource("machine", name, MachineItem.model_validate(values))


def volume(name: str = "data", size: int = 10 << 30, on_delete: str = "bin", days: int = 7) -> Resource:
    """A volume of a plan."""
    item = VolumeItem.model_validate({"size": size, "onDelete": on_delete, "binDays": days})
    return Resource("volume", name, item)


def text(old: list[Resource], new: list[Resource]) -> str:
    """The difference in words, on one line each."""
    return difference_text(difference(Plan(1, tuple(old)), Plan(1, tuple(new))))


@pytest.mark.parametrize(
    ("on_delete", "days", "said"),
    [
        ("bin", 7, "DATA LOSS: 10Gi wait 7 days in the bin, then they are gone"),
        ("bin", 1, "DATA LOSS: 10Gi wait 1 day in the bin, then they are gone"),
        ("bin", 0, "DATA LOSS: 10Gi are destroyed at once"),
        ("destroy", 7, "DATA LOSS: 10Gi are destroyed at once"),
    ],
)
def test_a_volume_that_goes_says_what_becomes_of_its_data(on_delete: str, days: int, said: str) -> None:
    assert text([volume(on_delete=on_delete, days=days)], []) == f"  - volume   data  {said}"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"memory": 2048 * MIB}, "memory 1Gi → 2Gi   restart needed"),
        ({"cpus": 4}, "cpus 2 → 4   restart needed"),
        ({"restart": "never"}, "restart always → never   at once"),
        ({"spread": "web"}, "spread none → web   at once"),
        ({"disk": 128 * MIB}, "disk 64Mi → 128Mi   rebuild needed: new root disk; volumes and address stay"),
        ({"nodeLabels": {"disk": "ssd"}}, "node_labels +disk   at once"),
        (
            {"volumes": [{"volume": "data", "mount": "/data", "readOnly": True}]},
            "volumes none → data on /data (read-only)   restart needed",
        ),
        ({"memory": 2048 * MIB, "restart": "never"}, "memory 1Gi → 2Gi, restart always → never   restart needed"),
    ],
)
def test_each_change_says_from_what_to_what_and_what_it_does(fields: dict[str, Any], said: str) -> None:
    assert " ".join(text([machine()], [machine(**fields)]).split()) == " ".join(f"~ machine web-0 {said}".split())


def test_values_of_the_environment_are_not_shown_only_which_changed() -> None:
    before, after = {"A": "1", "B": "secret", "C": "3"}, {"B": "other", "C": "3", "D": "4"}
    assert "env +D -A ~B   restart needed" in text([machine(env=before)], [machine(env=after)])


def test_the_strongest_effect_counts_and_long_changes_stay_on_the_page() -> None:
    image = {"url": "https://images.example/debian-13.raw", "sha256": "77de" * 16}
    found = text([machine("w" * 40)], [machine("w" * 40, image=image, memory=2048 * MIB)])
    assert "rebuild needed" in " ".join(found.split())
    assert "debian-12@sha256:91ac91ac… → debian-13@sha256:77de77de…" in " ".join(found.split())
    assert max(map(len, found.splitlines())) <= 100


def test_what_never_happens_is_told_with_the_remedy() -> None:
    found = difference(Plan(1, (volume(),)), Plan(1, (volume(size=5 << 30),)))
    never = "a volume never shrinks: make a new volume and remove this one"
    assert refused(found) == f"volume data: size 10Gi → 5Gi: {never}"
    assert refused(difference(Plan(1, (volume(),)), Plan(1, (volume(size=20 << 30),)))) == ""


def test_ceilings_are_shown_where_something_is_asked_of_them() -> None:
    assert usage_text(Plan(1, ()), CEILINGS) == "machines 0/5, cpus 0/8, memory 0/12Gi"
    shown = "machines 1/5, cpus 2/8, memory 1Gi/12Gi, volumes 1/0, storage 10304Mi/0"
    assert usage_text(Plan(1, (machine(), volume())), CEILINGS) == shown
