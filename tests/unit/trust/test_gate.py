"""The node's last gate: a job reaches a SAL only when every one of its words is vouched for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.trust.refused import refused
from tests.unit.trust.world import (
    DAY,
    GIB,
    NOW,
    PLAN,
    TENANT,
    Order,
    World,
    body,
    certificate,
    document,
    job_body,
    machine_item,
    machine_key,
    plan_bytes,
    supervisor,
    tenant,
    user,
    vouched,
)
from trust.canonical import canonical_bytes
from trust.deployment import CLOCK_TOLERANCE
from trust.dsse import encode
from trust.errors import Code, TrustError
from trust.gate import Fence, Marks, admit, plan_items
from trust.job import JOB_TYPE
from trust.keys import digest, node_id
from trust.machine import sign
from trust.part import format_time
from trust.revision import Mark

WEB = ("a", "web", "machine", "web-0")
OTHER = node_id(machine_key("other").public)
ABSENT: dict[str, Any] = {"revision": None, "plan": None, "document": None}
REMOVAL = (("machine", "web-0", "absent", 1, 1),)


def order_of(plan: bytes, **changes: Any) -> Order:
    """An order for another plan, which alice signed."""
    return Order(plan=plan, signed=body(plan=digest(plan)), **changes)


def test_a_job_whose_every_word_is_vouched_for_is_admitted() -> None:
    order = Order(steps=(("volume", "data-0", "ensure", 1, 1), ("machine", "web-0", "ensure", 1, 1)))
    admitted = order.admit()
    assert admitted.job == job_body(order)
    assert [step.item for step in admitted.steps] == [{"size": 10 * GIB}, machine_item()]
    assert admitted.deployment is not None
    assert admitted.deployment.spec.script == "let x = 1;"
    assert admitted.deployment_digest == digest(order.signed)
    assert admitted.view.version == 5


def test_the_supervisor_cannot_order_what_nobody_signed() -> None:
    with refused(Code.UNKNOWN_SIGNER):
        Order(signers=("supervisor",)).admit()


def test_a_job_signed_by_another_key_than_the_supervisor_s_is_refused() -> None:
    with refused(Code.BAD_SIGNATURE):
        Order(key="node").admit()


def test_a_supervisor_that_is_not_listed_orders_nothing() -> None:
    with refused(Code.UNKNOWN_SUPERVISOR):
        Order(changes={"supervisor": "us"}).admit()


def test_a_supervisor_orders_nodes_of_its_sites_only() -> None:
    world = World()
    world.records["Supervisor/eu"] = supervisor(sites=["roof"])
    with refused(Code.UNKNOWN_SUPERVISOR, "not vouched for site lab"):
        Order(world).admit()


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"cluster": digest(b"other")}, Code.WRONG_CLUSTER), ({"node": OTHER}, Code.WRONG_NODE)],
)
def test_a_job_for_elsewhere_is_refused(changes: dict[str, Any], code: Code) -> None:
    with refused(code):
        Order(changes=changes).admit()


def test_a_job_counts_within_its_time() -> None:
    ends = NOW + timedelta(minutes=15)
    assert Order(now=ends - timedelta(seconds=1)).admit()
    assert Order(now=NOW - CLOCK_TOLERANCE).admit()
    with refused(Code.EXPIRED, "job-1 counts from"):
        Order(now=ends).admit()
    with refused(Code.NOT_YET_VALID):
        Order(now=NOW - CLOCK_TOLERANCE - timedelta(seconds=1)).admit()


def test_a_supervisor_that_lost_its_lease_orders_nothing() -> None:
    assert Order(marks={"lease": 3}).admit()
    with refused(Code.STALE_LEASE, "3 is older than 4"):
        Order(marks={"lease": 4}).admit()


def test_trust_does_not_go_back() -> None:
    assert Order(marks={"snapshot_version": 5, "root_version": 1}).admit()
    with refused(Code.TRUST_ROLLBACK):
        Order(marks={"snapshot_version": 6}).admit()
    with refused(Code.TRUST_ROLLBACK):
        Order(marks={"root_version": 2}).admit()


def test_trust_that_ended_lets_nothing_start_and_lets_things_go() -> None:
    world = World(snapshot={"expires": format_time(NOW)})
    with refused(Code.TRUST_EXPIRED):
        Order(world).admit()
    assert Order(world, steps=REMOVAL, changes=ABSENT).admit().steps[0].item is None


def test_trust_that_the_root_did_not_sign_is_refused() -> None:
    with refused(Code.THRESHOLD_NOT_MET):
        Order(World(snapshot_signers=("supervisor",))).admit()


def test_a_revoked_node_does_nothing() -> None:
    node = node_id(machine_key("node").public)
    with refused(Code.NODE_REVOKED):
        Order(World(snapshot={"revokedNodes": [node]}), steps=REMOVAL, changes=ABSENT).admit()


@pytest.mark.parametrize("field", ["revision", "plan", "document"])
def test_nothing_starts_without_a_signed_deployment(field: str) -> None:
    with refused(Code.NOT_SIGNED, "nothing starts without one"):
        Order(changes={field: None}).admit()


@pytest.mark.parametrize(
    ("deployment", "code"),
    [
        ({"namespace": "b"}, Code.WRONG_NAMESPACE),
        ({"name": "api"}, Code.WRONG_NAME),
        ({"tenant": "t-" + "b" * 26}, Code.WRONG_TENANT),
    ],
)
def test_a_job_on_behalf_of_another_deployment_than_was_signed_is_refused(
    deployment: dict[str, str], code: Code
) -> None:
    named = {"namespace": "a", "name": "web", "uid": "uid-1", "tenant": TENANT} | deployment
    with refused(code, "users signed"):
        Order(changes={"deployment": named}).admit()


def test_a_document_signed_for_another_tenant_is_refused() -> None:
    with refused(Code.WRONG_TENANT):
        Order(signed=body(tenant_id="t-" + "b" * 26)).admit()


def test_the_revision_is_the_signed_one() -> None:
    with refused(Code.REVISION_CONFLICT, "users signed 7, the job says 8"):
        Order(changes={"revision": 8}).admit()


def test_an_old_revision_does_not_return_where_a_newer_was_seen() -> None:
    with refused(Code.REVISION_TOO_OLD, "7 is older than 8"):
        Order(marks={"revision": Mark(8, digest(b"x"))}).admit()


def test_one_revision_has_one_content() -> None:
    with refused(Code.REVISION_CONFLICT):
        Order(marks={"revision": Mark(7, digest(b"x"))}).admit()


def test_a_revision_below_the_snapshot_s_floor_is_refused() -> None:
    assert Order(World(snapshot={"revisionFloors": {"a/web": 7}})).admit()
    with refused(Code.REVISION_TOO_OLD):
        Order(World(snapshot={"revisionFloors": {"a/web": 8}})).admit()


def test_an_ended_document_starts_nothing_new_and_keeps_what_was_accepted() -> None:
    ended = body(notBefore=format_time(NOW - 9 * DAY), expires=format_time(NOW))
    with refused(Code.EXPIRED):
        Order(signed=ended).admit()
    assert Order(signed=ended, marks={"revision": Mark(7, digest(ended))}).admit()


def test_an_ended_document_under_the_number_of_an_accepted_one_is_refused() -> None:
    ended = body(notBefore=format_time(NOW - 9 * DAY), expires=format_time(NOW))
    with refused(Code.REVISION_CONFLICT):
        Order(signed=ended, marks={"revision": Mark(7, digest(body()))}).admit()


def test_a_key_retired_since_still_vouches_for_a_move_and_a_revoked_one_does_not() -> None:
    world = World()
    world.records["User/alice"] = user("alice", state="retired", until=format_time(NOW + DAY))
    assert Order(world).admit()
    world.records["User/alice"] = user("alice", state="revoked")
    with refused(Code.KEY_REVOKED):
        Order(world, marks={"revision": Mark(7, digest(body()))}).admit()


def test_the_plan_is_the_signed_one() -> None:
    other = plan_bytes({("machine", "web-0"): machine_item(cpus=3)})
    with refused(Code.PLAN_DIGEST_MISMATCH, "users signed"):
        Order(plan=other).admit()
    with refused(Code.PLAN_DIGEST_MISMATCH):
        Order(plan=other, changes={"plan": digest(PLAN)}, more=(PLAN,), signed=body(plan=digest(other))).admit()


@pytest.mark.parametrize("which", ["trust", "document", "plan"])
def test_a_document_has_the_content_of_its_digest(which: str) -> None:
    order = Order()
    other, swapped = b'{"resources":[]}', order.fields()[which]
    documents = {digest(each): each for each in (order.world.bundle().to_bytes(), order.document(), order.plan)}
    marks = Marks(job_body(order).cluster, 0, 0, None, {})
    with refused(Code.BAD_ENCODING, f"document {swapped} has other content than its name says"):
        admit(order.envelope(), (documents | {swapped: other}).__getitem__, marks, order.own, NOW)


def test_items_are_read_from_the_signed_plan_only() -> None:
    assert plan_items(PLAN, digest(PLAN))["volume", "data-0"] == {"size": 10 * GIB}
    with refused(Code.PLAN_DIGEST_MISMATCH, f"users signed {digest(b'')}"):
        plan_items(PLAN, digest(b""))


def test_what_the_plan_lacks_is_refused() -> None:
    with refused(Code.NOT_IN_PLAN, "the signed plan has no machine web-9"):
        Order(steps=(("machine", "web-9", "ensure", 1, 1),)).admit()
    with refused(Code.NOT_IN_PLAN):
        Order(steps=(("volume", "web-0", "ensure", 1, 1),)).admit()


def test_a_signed_plan_with_two_resources_of_one_name_is_refused() -> None:
    resources = [{"kind": "volume", "name": "data-0", "spec": {"size": size}} for size in (1, 2)]
    with refused(Code.BAD_ENCODING, "two resources of one kind and name"):
        order_of(canonical_bytes({"resources": resources}), steps=(("volume", "data-0", "ensure", 1, 1),)).admit()


@pytest.mark.parametrize(
    "plan",
    [b"", b"[]", b"{}", b'{"resources":1}', b'{"resources":{"a":1}}', b'{"resources":[1]}',
     b'{"resources":[{"kind":"machine","name":"web-0"}]}',
     b'{"resources":[{"kind":"machine","name":"web-0","spec":1}]}',
     b'{"resources":[{"kind":[],"name":"web-0","spec":{}}]}', plan_bytes({("machine", "web-0"): {}}),
     plan_bytes({("machine", "web-0"): machine_item(nodeLabels=1)}),
     plan_bytes({("machine", "web-0"): machine_item(image=1)}),
     plan_bytes({("machine", "web-0"): machine_item(image={"url": "https://[x"})})],
)  # fmt: skip
def test_a_signed_plan_of_any_shape_does_no_harm(plan: bytes) -> None:
    with refused(Code.BAD_ENCODING):
        order_of(plan).admit()


def test_a_plan_over_the_tenant_s_ceilings_is_refused_also_here() -> None:
    world = World()
    world.records["Tenant/a"] = tenant(
        "alice", ceilings={"machines": 0, "cpus": 8, "memory": 0, "volumes": 3, "storage": 0}
    )
    with refused(Code.OVER_CEILINGS, "the plan needs 1 machines, a may use 0"):
        Order(world).admit()
    assert Order(world, marks={"revision": Mark(7, digest(body()))}).admit()  # ceilings bound acceptance


def test_a_node_of_another_region_than_was_signed_refuses() -> None:
    assert Order(signed=body(region="eu")).admit()
    with refused(Code.WRONG_REGION, "signed for region us, this node is in eu"):
        Order(signed=body(region="us")).admit()


def test_a_node_without_the_signed_labels_refuses() -> None:
    labelled = plan_bytes({("machine", "web-0"): machine_item(nodeLabels={"disk": "ssd"})})
    assert order_of(labelled).admit()
    with refused(Code.WRONG_LABELS, "needs label disk=ssd, this node lacks it"):
        order_of(labelled, own=certificate(labels={})).admit()


def test_the_fence_refuses_a_lower_placement_or_generation() -> None:
    step = (("machine", "web-0", "ensure", 2, 3),)
    for seen in (Fence(2, 3), Fence(2, 2), Fence(1, 9)):
        assert Order(steps=step, marks={"fences": {WEB: seen}}).admit()
    for seen in (Fence(2, 4), Fence(3, 1)):
        with refused(Code.STALE_EPOCH, "the job orders 2.3"):
            Order(steps=step, marks={"fences": {WEB: seen}}).admit()
    with refused(Code.STALE_EPOCH):
        Order(
            steps=(("machine", "web-0", "absent", 2, 3),), changes=ABSENT, marks={"fences": {WEB: Fence(3, 1)}}
        ).admit()


def test_one_stale_step_refuses_the_whole_job() -> None:
    steps = (("volume", "data-0", "ensure", 1, 1), ("machine", "web-0", "ensure", 1, 1))
    with refused(Code.STALE_EPOCH):
        Order(steps=steps, marks={"fences": {WEB: Fence(2, 1)}}).admit()


def test_a_removal_needs_no_signature_of_users() -> None:
    admitted = Order(steps=REMOVAL, changes=ABSENT).admit()
    assert (admitted.deployment, admitted.steps[0].item) == (None, None)


@pytest.mark.parametrize("verb", ["start", "destroy", "ensure2", "Ensure", ""])
def test_a_verb_that_is_not_in_the_table_is_refused(verb: str) -> None:
    with refused(Code.VERB_NOT_ALLOWED):
        Order(steps=(("machine", "web-0", verb, 1, 1),)).admit()


def test_a_kind_that_is_not_in_the_table_is_refused() -> None:
    with refused(Code.VERB_NOT_ALLOWED, "node.wipe"):
        Order(steps=(("node", "web-0", "wipe", 1, 1),)).admit()


def test_a_removal_does_not_ride_on_a_plan() -> None:
    with refused(Code.VERB_NOT_ALLOWED, "never both"):
        Order(steps=(("machine", "web-0", "ensure", 1, 1), ("volume", "data-0", "absent", 1, 1))).admit()


def test_a_holder_comes_with_its_certificate() -> None:
    named = {"machine/db-0": OTHER}
    order = Order(changes={"holders": named, "certificates": [digest(vouched("other"))]}, more=(vouched("other"),))
    assert order.admit().holders == {"machine/db-0": certificate("other")}
    with refused(Code.HOLDER_UNKNOWN, OTHER):
        Order(changes={"holders": named}).admit()


def test_a_holder_s_certificate_is_verified() -> None:
    forged = vouched("other", site="elsewhere")
    with refused(Code.CERTIFICATE_REFUSED):
        Order(changes={"certificates": [digest(forged)]}, more=(forged,)).admit()


@pytest.mark.parametrize("field", ["arguments", "env", "image", "address", "handovers"])
def test_a_job_carries_no_arguments(field: str) -> None:
    with refused(Code.UNKNOWN_FIELD, field):
        Order(changes={field: "x"}).admit()


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": []},
        {"attempt": 0},
        {"lease": -1},
        {"attempt": True},
        {"holders": []},
        {"trust": "x"},
        {"issued": "now"},
    ],
)
def test_a_job_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with refused(Code.BAD_ENCODING):
        Order(changes=changes).admit()


def test_a_job_has_at_most_64_steps() -> None:
    step = ("machine", "web-0", "ensure", 1, 1)
    assert Order(steps=(step,) * 64).admit()
    with refused(Code.BAD_ENCODING):
        Order(steps=(step,) * 65).admit()


def test_an_envelope_of_another_type_is_no_job() -> None:
    order = Order()
    with refused(Code.BAD_TYPE):
        order.admit(
            sign("application/vnd.hardpan.receipt.v1+json", job_body(order).to_bytes(), machine_key("supervisor"), "eu")
        )


def test_a_job_signed_under_an_old_key_of_the_supervisor_is_refused() -> None:
    world = World()
    world.records["Supervisor/eu"] = supervisor(publicKey=encode(machine_key("new").public))
    with refused(Code.BAD_SIGNATURE):
        Order(world).admit()


def test_a_deployment_document_is_no_job() -> None:
    with refused(Code.BAD_TYPE, JOB_TYPE):
        Order().admit(document(body(), "alice"))


def test_no_bit_of_a_job_can_be_changed() -> None:
    order = Order()
    data, expected = order.envelope(), order.admit()
    for bit in range(0, len(data) * 8, 37):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            admitted = order.admit(bytes(changed))
        except (TrustError, KeyError):
            continue
        assert admitted == expected  # only the hint which key to try may differ


def test_the_checks_come_in_their_order() -> None:
    """The order is wrong in every way; mending the first wrong thing shows the next."""
    right = Order().fields()
    wrong: dict[str, Any] = {"cluster": digest(b"x"), "node": OTHER, "expires": format_time(NOW), "revision": 8}
    for name, code in (
        ("cluster", Code.WRONG_CLUSTER),
        ("node", Code.WRONG_NODE),
        ("expires", Code.EXPIRED),
        ("revision", Code.REVISION_CONFLICT),
        ("", Code.STALE_EPOCH),
    ):
        with refused(code):
            Order(changes=wrong, marks={"fences": {WEB: Fence(9, 9)}}).admit()
        wrong = wrong | {name: right[name]} if name else wrong
