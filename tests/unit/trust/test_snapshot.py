"""The trust snapshot: what it lists counts, what it does not list does not, and no older one comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.trust.refused import refused
from tests.unit.trust.world import (
    CLUSTER,
    DAY,
    GENESIS,
    NOW,
    TENANT,
    World,
    root,
    root_document,
    tenant,
    token,
    user,
    user_key,
)
from trust.canonical import canonical_bytes, parse_object
from trust.errors import Code, TrustError
from trust.keys import digest
from trust.records import Record
from trust.snapshot import Bundle, open_bundle, parse_bundle


def test_what_the_snapshot_lists_counts() -> None:
    view = World().view()
    assert (view.version, view.cluster) == (5, CLUSTER)
    assert set(view.users) == {"alice", "bob"}
    assert view.tenant_of("a").id == TENANT
    assert view.supervisor("eu").region == "eu"
    assert view.tokens["rack"].count == 9


def test_a_record_that_is_not_listed_does_not_count() -> None:
    view = World(beside=(Record("User", "mallory", user("mallory")), Record("Release", "x", {}))).view()
    assert set(view.users) == {"alice", "bob"}


def test_a_record_with_other_content_than_listed_does_not_count() -> None:
    world = World()
    bundle = world.bundle()
    swapped = tuple(Record("User", "alice", user("mallory")) if r.key == "User/alice" else r for r in bundle.records)
    view = open_bundle(Bundle(bundle.roots, bundle.snapshot, swapped), CLUSTER)
    assert set(view.users) == {"bob"}


def test_a_record_under_another_name_does_not_count() -> None:
    assert "mallory" not in World(beside=(Record("User", "mallory", user("alice")),)).view().users


def test_a_record_s_digest_is_that_of_its_canonical_form() -> None:
    spec = token()
    head = {"apiVersion": "hardpan.dev/v1alpha1", "kind": "JoinToken", "name": "rack", "spec": spec}
    assert Record("JoinToken", "rack", spec).digest == digest(canonical_bytes(head))


@pytest.mark.parametrize("signers", [("alice",), ("root-3",), ()])
def test_a_snapshot_that_the_root_did_not_sign_is_refused(signers: tuple[str, ...]) -> None:
    with refused(Code.THRESHOLD_NOT_MET if signers else Code.BAD_ENCODING):
        World(snapshot_signers=signers).view()


def test_a_snapshot_of_another_cluster_is_refused() -> None:
    with refused(Code.WRONG_CLUSTER, "the snapshot belongs to"):
        World(snapshot={"cluster": digest(b"other")}).view()


def test_no_snapshot_older_than_the_newest_seen_is_believed() -> None:
    assert World().view(floor=5).version == 5
    with refused(Code.TRUST_ROLLBACK, "5 is older than 6"):
        World().view(floor=6)


def test_a_root_that_was_replaced_does_not_come_back() -> None:
    with refused(Code.TRUST_ROLLBACK, "root document 1 was replaced: 2 is in force"):
        World().view(root_floor=2)


def test_a_snapshot_does_not_count_under_an_older_root_than_it_names() -> None:
    with refused(Code.TRUST_ROLLBACK):
        World(snapshot={"rootVersion": 2}).view()


def test_after_a_new_root_the_old_keys_sign_no_snapshot() -> None:
    chain = (root(GENESIS, "root-1"), root(root_document(2, 1, ("root-3", "root-4")), "root-1", "root-3"))
    assert World(roots=chain, snapshot_signers=("root-4",)).view().root.document.version == 2
    with refused(Code.THRESHOLD_NOT_MET):
        World(roots=chain, snapshot_signers=("root-1", "root-2")).view()


def test_an_ended_snapshot_still_opens_and_starts_nothing() -> None:
    view = World().view()
    view.require_current(view.expires - timedelta(seconds=1))
    assert view.expires == NOW + 13 * DAY
    with refused(Code.TRUST_EXPIRED, "hardpan trust renew"):
        view.require_current(view.expires)


def test_a_namespace_without_a_tenant_has_none() -> None:
    with refused(Code.RECORD_NOT_LISTED, "an operator adds one: hardpan tenant add"):
        World().view().tenant_of("b")


def test_of_two_tenants_that_claim_a_namespace_neither_counts() -> None:
    world = World()
    world.records["Tenant/b"] = tenant("alice", id="t-" + "b" * 26)
    with refused(Code.RECORD_NOT_LISTED, "more than one tenant claims namespace a"):
        world.view().tenant_of("a")


def test_an_unknown_supervisor_is_refused() -> None:
    with refused(Code.UNKNOWN_SUPERVISOR, "us is not listed in trust snapshot 5"):
        World().view().supervisor("us")


def test_a_revoked_node_is_known() -> None:
    node = "n-" + "a" * 26
    assert World(snapshot={"revokedNodes": [node]}).view().node_revoked(node)
    assert not World().view().node_revoked(node)


def test_a_signer_is_a_member_with_the_role() -> None:
    world = World()
    world.records["Tenant/a"] = tenant(
        "alice", members=[{"user": "alice", "roles": ["act"]}, {"user": "x", "roles": ["deploy"]}]
    )
    view = world.view()
    found = view.signer(view.tenant_of("a"), "act", user_key("alice").key_id)
    assert found is not None
    assert found.user == "alice"
    assert view.signer(view.tenant_of("a"), "deploy", user_key("alice").key_id) is None
    assert view.signer(view.tenant_of("a"), "act", user_key("bob").key_id) is None


def test_a_key_belongs_to_one_user() -> None:
    world = World()
    world.records["User/carol"] = user("alice")
    with refused(Code.BAD_ENCODING, "belongs to both alice and carol"):
        world.view()


def test_a_listed_user_with_a_degenerate_key_is_refused_by_name() -> None:
    world = World()
    world.records["User/carol"] = {"keys": [{"publicKey": "ssh-rsa AAAA", "state": "active"}]}
    with refused(Code.BAD_ENCODING, "User/carol"):
        world.view()


def test_a_listed_record_with_an_unknown_field_is_refused() -> None:
    world = World()
    world.records["Tenant/a"] = tenant("alice", unlimited=True)
    with refused(Code.UNKNOWN_FIELD, "unlimited"):
        world.view()


def test_a_bundle_comes_back_as_it_was_and_opens() -> None:
    bundle = World().bundle()
    again = parse_bundle(bundle.to_bytes())
    assert (again.to_bytes(), again.digest) == (bundle.to_bytes(), digest(bundle.to_bytes()))
    assert open_bundle(again, CLUSTER).users == World().view().users


@pytest.mark.parametrize(
    "changes",
    [{"roots": 1}, {"roots": [1]}, {"snapshot": 1}, {"records": 1}, {"records": [1]}, {"records": [{"kind": "User"}]}],
)
def test_what_is_no_bundle_is_refused(changes: dict[str, Any]) -> None:
    fields = parse_object(World().bundle().to_bytes(), 1 << 20)
    with refused(Code.BAD_ENCODING, "not a trust bundle"):
        parse_bundle(canonical_bytes(fields | changes))


@pytest.mark.parametrize("record", [{"kind": "User", "name": "alice", "spec": 1}, {"kind": 1, "name": 2, "spec": {}}])
def test_records_of_any_shape_do_no_harm(record: dict[str, Any]) -> None:
    fields = parse_object(World().bundle().to_bytes(), 1 << 20)
    bundle = parse_bundle(canonical_bytes(fields | {"records": [record]}))
    assert open_bundle(bundle, CLUSTER).users == {}


def test_no_bit_of_a_snapshot_can_be_changed() -> None:
    bundle = World().bundle()
    data, believed = bundle.snapshot, 0
    expected = World().view().body
    for bit in range(0, len(data) * 8, 37):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            view = open_bundle(Bundle(bundle.roots, bytes(changed), bundle.records), CLUSTER)
        except TrustError:
            continue
        assert view.body == expected  # only the hint which key to try may differ
        believed += 1
    assert believed < 8 * len(user_key("root-2").key_id)
