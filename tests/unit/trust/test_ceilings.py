"""What a signed plan may ask for: each ceiling is exact, and no item can make room for another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.trust.refused import refused
from tests.unit.trust.world import GIB, machine_item, tenant
from trust.ceilings import Items, require_within
from trust.errors import Code
from trust.records import TenantRecord

TENANT = TenantRecord.from_wire(tenant("alice"))
CEILINGS = {"machines": 1, "cpus": 4, "memory": 4 * GIB, "volumes": 1, "storage": 3 * GIB}


def within(items: Items, **ceilings: int) -> None:
    """Checks items under the fitting ceilings, some of them changed."""
    require_within(items, TenantRecord.from_wire(tenant("alice", ceilings=CEILINGS | ceilings)))


FITTING: Items = {
    ("machine", "web-0"): machine_item(cpus=4, memory=4 * GIB, disk=GIB),
    ("volume", "data-0"): {"size": 2 * GIB},
}


def test_what_fits_exactly_is_within() -> None:
    within(FITTING)


@pytest.mark.parametrize("what", CEILINGS)
def test_one_too_many_is_over(what: str) -> None:
    with refused(Code.OVER_CEILINGS, f"{what}, a may use {CEILINGS[what] - 1}", f"spec.ceilings.{what}"):
        within(FITTING, **{what: CEILINGS[what] - 1})


@pytest.mark.parametrize("amount", [-1, True, "1", [], {}])
@pytest.mark.parametrize("field", ["cpus", "memory", "disk"])
def test_an_amount_is_an_integer_that_is_not_negative(field: str, amount: Any) -> None:
    with refused(Code.BAD_ENCODING, "is no amount"):
        require_within({("machine", "web-0"): machine_item(**{field: amount})}, TENANT)


def test_nothing_is_an_amount() -> None:
    require_within({("volume", "data-0"): {"size": 0}}, TENANT)


@pytest.mark.parametrize("field", ["cpus", "memory", "disk", "runtime", "image"])
def test_a_machine_says_what_it_needs(field: str) -> None:
    item = {name: value for name, value in machine_item().items() if name != field}
    with refused(Code.BAD_ENCODING, field):
        require_within({("machine", "web-0"): item}, TENANT)


def test_a_runtime_that_is_not_allowed_is_refused() -> None:
    with refused(Code.OVER_CEILINGS, "machine web-0 wants runtime container, allowed: vm", "spec.runtimes"):
        require_within({("machine", "web-0"): machine_item(runtime="container")}, TENANT)


@pytest.mark.parametrize("url", ["https://evil.example/x", "https://images.example@evil.example/x", "https:///x", "x"])
def test_an_image_from_elsewhere_is_refused(url: str) -> None:
    with refused(Code.OVER_CEILINGS, "allowed: images.example", "spec.imageHosts"):
        require_within({("machine", "web-0"): machine_item(image={"url": url})}, TENANT)


def test_no_list_of_hosts_allows_every_host() -> None:
    anywhere = TenantRecord.from_wire(tenant("alice", imageHosts=[]))
    require_within({("machine", "web-0"): machine_item(image={"url": "https://any.example/x"})}, anywhere)
