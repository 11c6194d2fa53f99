"""A Node's status: what lists show of it is filled in, and what is not known any more stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.ledger.address import node_address
from controllers.ledger.presence import Standing
from controllers.ledger.standing import conditions, details
from controllers.ledger.uptime import Attendance
from controllers.loop.objects import Object, resource_of
from crds.node import NODE, NodeStatus
from crds.node_conditions import CONDITIONS
from sal.addresses import gateway_address, node_prefix
from tests.unit.trust.world import CLUSTER, GIB, NOW, certificate
from trust.errors import Code, Refusal
from trust.part import format_time
from trust.report import Report

CERTIFICATE = certificate()


def seen(**status: Any) -> Object:
    metadata = {"name": CERTIFICATE.node, "generation": 1}
    return Object(resource_of(NODE), {"metadata": metadata, "spec": {}, "status": status})


def standing(*rows: dict[str, Any], memory: int = 512 * GIB) -> Standing:
    report = {
        "cluster": CLUSTER, "node": CERTIFICATE.node, "boot": "b", "start": 1, "sequence": 1, "time": format_time(NOW),
        "uptimeSeconds": 5, "snapshotVersion": 1, "capacity": {"cpus": 64, "memory": memory, "disk": GIB},
        "table": list(rows), "bin": [],
    }  # fmt: skip
    days = (("2026-11-24", 5.0),)
    return Standing(Attendance(0.0, days=days), reported=True, certificate=CERTIFICATE, report=Report.from_wire(report))


def row(kind: str, name: str) -> dict[str, Any]:
    return {
        "kind": kind, "namespace": "a", "name": name, "deployment": "uid", "epoch": 1, "generation": 1,
        "item": CLUSTER, "state": "running" if kind == "machine" else "present", "restarts": 0,
        "since": format_time(NOW),
    }  # fmt: skip


def test_every_column_of_a_node_that_reports_is_filled() -> None:
    said = details(CERTIFICATE, standing(row("machine", "web"), row("volume", "data")), seen())
    NodeStatus.model_validate(said)
    shown = (said["summary"]["memory"], said["capacity"]["cpus"], said["machines"])
    assert shown == ("512Gi", 64, 1)
    assert said["summary"]["address"].endswith(":…::1")
    assert len(said["summary"]["address"]) <= 9


def test_a_node_that_nobody_vouches_for_has_no_address_yet() -> None:
    said = details(None, standing(), seen())
    assert "address" not in said
    assert said["summary"] == {"memory": "512Gi"}


def test_after_a_restart_of_the_ledger_what_was_known_stays() -> None:
    before = details(CERTIFICATE, standing(row("machine", "web")), seen())
    assert details(CERTIFICATE, None, seen(**before)) == before


@given(st.binary(min_size=32, max_size=32))
def test_the_address_is_the_one_that_nodes_take(key: bytes) -> None:
    assert node_address(key.hex()) == gateway_address(node_prefix(key.hex()))


@pytest.mark.parametrize("liveness", [None, "Reporting", "Stale", "Lost"])
def test_every_condition_has_a_documented_reason(liveness: Any) -> None:
    documented = {each.type: each.words for each in CONDITIONS}
    for held in (None, CERTIFICATE, *(Refusal(code, "so") for code in Code)):
        said = conditions(seen(), held, None, liveness)
        assert all(each.reason in documented[each.type] for each in said)
        assert {each.type for each in said} == documented.keys()
