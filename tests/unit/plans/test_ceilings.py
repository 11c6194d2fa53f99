"""A plan against its tenant's ceilings: each is exact, and the node, which counts for itself, counts the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.workload import Image, MachineItem, VolumeItem
from plans.ceilings import Totals, require_within, totals
from plans.model import Plan, Resource
from tests.unit.plans.written import GIB, IMAGE, machine, plan_of, volume
from tests.unit.trust.refused import refused
from tests.unit.trust.world import tenant
from trust import ceilings as node
from trust.errors import Code, Refusal
from trust.gate import plan_items
from trust.records import TenantRecord

SCRIPT = (
    machine("a", cpus="2", memory='"1Gi"', disk='"3Gi"')
    + machine("b", cpus="1", memory='"512Mi"', disk='"1Gi"')
    + volume("v", size='"2Gi"')
)
FITTING = {"machines": 2, "cpus": 3, "memory": 3 * GIB // 2, "volumes": 1, "storage": 6 * GIB}
WORDS = {
    "machines": "the plan needs 2, a may use 1",
    "cpus": "the plan needs 3, a may use 2",
    "memory": "the plan needs 1536Mi, a may use 1610612735",
    "volumes": "the plan needs 1, a may use 0",
    "storage": "the plan needs 6Gi, a may use 6442450943",
}


def record(**changes: Any) -> TenantRecord:
    """A tenant under the fitting ceilings, with some of them or some field changed."""
    ceilings = FITTING | {name: changes.pop(name) for name in list(changes) if name in FITTING}
    return TenantRecord.from_wire(tenant("alice", ceilings=ceilings, **changes))


def test_a_plan_adds_up() -> None:
    assert totals(plan_of(SCRIPT)) == Totals(**FITTING)
    assert totals(plan_of("")) == Totals(0, 0, 0, 0, 0)


def test_what_fits_exactly_is_within() -> None:
    require_within(plan_of(SCRIPT), record(), "a", 41)


@pytest.mark.parametrize("ceiling", FITTING)
def test_one_more_is_over_and_says_how_much(ceiling: str) -> None:
    with refused(Code.OVER_CEILINGS, f"{WORDS[ceiling]} (trust snapshot 41)", f"spec.ceilings.{ceiling}"):
        require_within(plan_of(SCRIPT), record(**{ceiling: FITTING[ceiling] - 1}), "a", 41)


def test_an_empty_plan_is_within_nothing() -> None:
    require_within(plan_of(""), record(**dict.fromkeys(FITTING, 0)), "a", 41)


def test_a_runtime_that_is_not_allowed_is_refused() -> None:
    says = "machine a wants runtime vm, a may use container, none-such"
    with refused(Code.OVER_CEILINGS, says, "spec.runtimes"):
        require_within(plan_of(SCRIPT), record(runtimes=["container", "none-such"]), "a", 41)
    with refused(Code.OVER_CEILINGS, "may use none", "spec.runtimes"):
        require_within(plan_of(SCRIPT), record(runtimes=[]), "a", 41)


HOSTS = ["other.example", "images.example.evil.example", "xn--images.example", "images.example.", "127.0.0.1"]


@pytest.mark.parametrize("host", HOSTS)
def test_an_image_from_elsewhere_is_refused(host: str) -> None:
    made = machine(image=f'"{IMAGE.replace("images.example", host)}"')
    says = f"machine web takes its image from {host}, a may use images.example"
    with refused(Code.OVER_CEILINGS, says, "spec.imageHosts"):
        require_within(plan_of(made), record(), "a", 41)


def test_the_host_of_an_image_has_no_case_and_any_port() -> None:
    made = machine(image=f'"{IMAGE.replace("images.example", "Images.Example:8443")}"')
    require_within(plan_of(made), record(), "a", 41)


def test_no_list_of_hosts_allows_every_host() -> None:
    made = machine(image=f'"{IMAGE.replace("images.example", "any.example")}"')
    require_within(plan_of(made), record(imageHosts=[]), "a", 41)


@pytest.mark.parametrize("url", ["https://[", "https://[x]/", "https:///x", "https://images.example@evil.example/x"])
def test_an_address_that_no_script_can_write_is_refused_like_any_other(url: str) -> None:
    """A plan may come from elsewhere than a script; an address that cannot be read is no reason to fall over."""
    item = plan_of(machine()).resources[0].item
    assert isinstance(item, MachineItem)
    odd = item.model_copy(update={"image": Image(url=url, sha256="0" * 64)})
    with pytest.raises(Refusal) as caught:
        require_within(Plan(1, (Resource("machine", "web", odd),)), record(), "a", 41)
    assert (caught.value.code, caught.value.field) == (Code.OVER_CEILINGS, "spec.imageHosts")


def a_machine(cpus: int, memory: int, disk: int, host: str) -> MachineItem:
    """A machine of these amounts, in GiB."""
    return MachineItem(
        runtime="vm",
        cpus=cpus,
        memory=memory * GIB,
        disk=disk * GIB,
        image=Image(url=f"https://{host}/x", sha256="0" * 64),
        volumes=[],
        env={},
        restart="always",
        spread="",
        node_labels={},
    )


few = st.integers(1, 4)
machines = st.tuples(few, few, few, st.sampled_from(["images.example", "b.example"])).map(lambda each: a_machine(*each))
volumes = few.map(lambda size: VolumeItem(size=size * GIB, on_delete="bin", bin_days=7))
plans = st.builds(
    lambda some, more: Plan(
        1,
        tuple(
            [Resource("machine", f"m{i}", each) for i, each in enumerate(some)]
            + [Resource("volume", f"v{i}", each) for i, each in enumerate(more)]
        ),
    ),
    st.lists(machines, max_size=3),
    st.lists(volumes, max_size=3),
)
tenants = st.builds(
    record,
    machines=st.integers(0, 3),
    cpus=st.integers(0, 12),
    memory=st.integers(0, 12).map(lambda n: n * GIB),
    volumes=st.integers(0, 3),
    storage=st.integers(0, 24).map(lambda n: n * GIB),
    imageHosts=st.sampled_from([[], ["images.example"], ["images.example", "b.example"]]),
)


@given(plans, tenants)
def test_the_node_and_the_control_plane_agree(plan: Plan, tenant_: TenantRecord) -> None:
    def verdict(check: Any, *arguments: Any) -> Any:
        try:
            check(*arguments)
        except Refusal as refusal:
            return refusal.code, refusal.field
        return None

    here = verdict(require_within, plan, tenant_, "a", 41)
    there = verdict(node.require_within, plan_items(plan.to_bytes(), plan.digest), tenant_)
    assert here == there
