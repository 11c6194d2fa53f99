"""A deployment counts where, when and for whom its users signed it, and its refusals name field, reason and remedy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trust.cases import CASES
from tests.unit.trust.refused import refused
from tests.unit.trust.world import (
    CLUSTER,
    DAY,
    NOW,
    PLAN,
    TENANT,
    World,
    body,
    document,
    signatures,
    spec,
    tenant,
    user,
    user_key,
)
from trust.canonical import canonical_bytes
from trust.deployment import (
    LARGEST_BODY,
    Expected,
    SignatureText,
    VerifiedDeployment,
    signed_body,
    verify_deployment,
    verify_document,
)
from trust.dsse import MOST_SIGNATURES
from trust.errors import Code, NotCanonical, TrustError
from trust.keys import digest
from trust.part import format_time

UNTIL = format_time(NOW + DAY)


def verify(
    signed: bytes,
    texts: Sequence[SignatureText] | None = None,
    world: World | None = None,
    now: datetime = NOW,
    **options: bool,
) -> VerifiedDeployment:
    """The verdict on a body that alice signed, at a/web."""
    view = (world or World()).view()
    expected = Expected(CLUSTER, view.tenant_of("a"), "a", "web")
    found = signatures(signed, "alice") if texts is None else texts
    return verify_deployment(signed, found, view, expected, now, **options)


def test_what_was_verified_is_what_is_used() -> None:
    signed = body(params={"replicas": 3}, region="eu")
    verified = verify(signed)
    assert (verified.body, verified.digest, verified.signers) == (signed, digest(signed), ("alice",))
    document = verified.document
    assert (document.cluster, document.tenant, document.namespace, document.name) == (CLUSTER, TENANT, "a", "web")
    assert (document.spec.revision, document.spec.params, document.spec.region) == (7, {"replicas": 3}, "eu")
    assert (document.spec.plan, document.spec.script) == (digest(PLAN), "let x = 1;")


def test_signatures_and_suspend_are_not_signed_and_all_else_is() -> None:
    unsigned = signed_body(CLUSTER, TENANT, "a", "web", spec(signatures=[{"keyID": "x"}], suspend=True))
    assert unsigned == body()
    assert body(maxUnavailable=1) != body()


def test_absent_stays_absent() -> None:
    assert b"region" not in body(region=None)
    assert verify(body()).document.spec.max_unavailable is None
    assert verify(body()).document.to_bytes() == body()


def test_the_body_is_the_canonical_form_of_the_manifest() -> None:
    head = {"apiVersion": "hardpan.dev/v1alpha1", "kind": "Deployment", "cluster": CLUSTER, "tenant": TENANT}
    assert body() == canonical_bytes({**head, "namespace": "a", "name": "web", "spec": spec()})


def test_a_parameter_without_a_canonical_form_is_told_with_its_place() -> None:
    with pytest.raises(NotCanonical, match="ratio is a number with a fraction"):
        body(params={"ratio": 0.5})


@pytest.mark.parametrize(
    ("signed", "code", "field"),
    [
        (body(cluster=digest(b"other")), Code.WRONG_CLUSTER, "metadata.cluster"),
        (body(tenant_id="t-" + "b" * 26), Code.WRONG_TENANT, "metadata.tenant"),
        (body(namespace="b"), Code.WRONG_NAMESPACE, "metadata.namespace"),
        (body(name="api"), Code.WRONG_NAME, "metadata.name"),
    ],
)
def test_a_document_signed_for_another_place_is_refused(signed: bytes, code: Code, field: str) -> None:
    with refused(code, "Sign again: kubectl hardpan sign", field):
        verify(signed)


def test_a_namespace_made_again_for_another_tenant_accepts_no_old_signature() -> None:
    world = World()
    world.records["Tenant/a"] = tenant("alice", id="t-" + "b" * 26)
    with refused(Code.WRONG_TENANT):
        verify(body(), world=world)


def test_an_unsigned_document_is_refused_with_the_command_that_signs() -> None:
    with refused(Code.NOT_SIGNED, "spec.signatures: not signed yet. Sign: kubectl hardpan sign", "spec.signatures"):
        verify(body(), [])


@pytest.mark.parametrize(
    "change",
    [{"script": "let x = 2;"}, {"params": {"a": 1}}, {"region": "us"}, {"revision": 8}, {"plan": digest(b"x")},
     {"expires": format_time(NOW + 31 * DAY)}, {"notBefore": format_time(NOW)}, {"language": 2}, {"maxUnavailable": 2}],
)  # fmt: skip
def test_what_was_changed_after_it_was_signed_is_refused(change: dict[str, Any]) -> None:
    with refused(Code.BAD_SIGNATURE, "changed after it was signed", "spec.signatures"):
        verify(body(**change), signatures(body(), "alice"))


def test_a_changed_document_is_told_in_full() -> None:
    changed = body(script="let x = 2;")
    with refused(Code.BAD_SIGNATURE, f"no valid signature by a user of namespace a. The signed part was changed after "
                 f"it was signed (this one is {digest(changed)})"):  # fmt: skip
        verify(changed, signatures(body(), "alice"))


def test_a_signature_made_for_another_namespace_of_ssh_says_how_to_make_it() -> None:
    world = World()
    world.records["User/alice"] = {"keys": [{"publicKey": made("made_by_ssh_keygen", "line"), "state": "active"}]}
    with refused(Code.BAD_SIGNATURE, "ssh-keygen -Y sign -n hardpan"):
        verify(body(), [SignatureText("", made("for_another_namespace", "signature"))], world)


def made(name: str, field: str) -> str:
    """A field of a vector that ssh-keygen made."""
    found: str = json.loads((CASES / "trust.sshsig.verify" / f"{name}.json").read_text())[field]
    return found


def test_a_stranger_s_signature_is_refused() -> None:
    with refused(
        Code.UNKNOWN_SIGNER, f"key {user_key('mallory').key_id} belongs to no user who may deploy in namespace a"
    ):
        verify(body(), signatures(body(), "mallory"))


def test_the_key_id_beside_a_signature_is_only_a_hint() -> None:
    foreign = [SignatureText(user_key("alice").key_id, each.signature) for each in signatures(body(), "mallory")]
    with refused(Code.UNKNOWN_SIGNER):
        verify(body(), foreign)
    assert verify(body(), [SignatureText("", each.signature) for each in signatures(body(), "alice")]).signers == (
        "alice",
    )


def test_a_member_without_the_role_is_refused() -> None:
    world = World()
    world.records["Tenant/a"] = tenant(members=[{"user": "alice", "roles": ["act", "session"]}])
    with refused(Code.UNKNOWN_SIGNER):
        verify(body(), world=world)


def test_a_user_whom_the_snapshot_no_longer_lists_is_a_stranger() -> None:
    world = World()
    del world.records["User/alice"]
    with refused(Code.UNKNOWN_SIGNER):
        verify(body(), world=world)


@pytest.mark.parametrize("options", [{}, {"accepted": True}, {"retired": True}])
def test_a_revoked_key_counts_never(options: dict[str, Any]) -> None:
    world = World()
    world.records["User/alice"] = user("alice", state="revoked")
    with refused(Code.KEY_REVOKED, "of alice is revoked: sign with another key"):
        verify(body(), world=world, **options)


def test_a_retired_key_signs_nothing_new() -> None:
    with refused(Code.KEY_RETIRED, "of alice is retired"):
        verify(body(), world=alice_retired())


@pytest.mark.parametrize("options", [{"accepted": True}, {"retired": True}])
def test_a_retired_key_verifies_until_its_time(options: dict[str, Any]) -> None:
    world = alice_retired()
    assert verify(body(), world=world, now=NOW + DAY - timedelta(seconds=1), **options).signers == ("alice",)
    with refused(Code.KEY_RETIRED):
        verify(body(), world=world, now=NOW + DAY, **options)


def alice_retired() -> World:
    """A world in which alice's key is retired until tomorrow."""
    world = World()
    world.records["User/alice"] = user("alice", state="retired", until=UNTIL)
    return world


def test_a_retired_key_without_a_time_verifies_nothing() -> None:
    world = World()
    world.records["User/alice"] = user("alice", state="retired")
    with refused(Code.KEY_RETIRED):
        verify(body(), world=world, accepted=True)


def two_needed() -> World:
    """A world in which two users must sign."""
    world = World()
    world.records["Tenant/a"] = tenant("alice", "bob", thresholds={"deploy": 2})
    return world


def test_a_threshold_counts_users_not_signatures_and_not_keys() -> None:
    assert verify(body(), signatures(body(), "bob", "alice"), two_needed()).signers == ("alice", "bob")
    for names in (("alice",), ("alice", "alice"), ("bob", "bob-2"), ("alice", "mallory")):
        with refused(Code.THRESHOLD_NOT_MET, "signed by 1 user(s) of namespace a, 2 needed", "spec.signatures"):
            verify(body(), signatures(body(), *names), two_needed())


def test_a_bad_signature_beside_a_good_one_harms_nothing() -> None:
    mixed = [*signatures(body(), "mallory"), SignatureText("", "!"), *signatures(body(), "alice")]
    assert verify(body(), mixed).signers == ("alice",)


def test_signatures_have_a_most() -> None:
    texts = signatures(body(), "alice")
    assert verify(body(), texts * MOST_SIGNATURES)
    with refused(Code.TOO_LARGE, "at most 16"):
        verify(body(), texts * (MOST_SIGNATURES + 1))


def test_a_body_too_large_is_refused_before_it_is_read() -> None:
    with refused(Code.TOO_LARGE, str(LARGEST_BODY), "spec"):
        verify(b"\xff" * (LARGEST_BODY + 1), [])


def test_a_body_may_be_as_large_as_allowed() -> None:
    padding = LARGEST_BODY - len(body(params={"a": ""}))
    assert len(verify(body(params={"a": "x" * padding})).body) == LARGEST_BODY
    with refused(Code.TOO_LARGE):
        verify(body(params={"a": "x" * (padding + 1)}))


def test_validity_is_a_window_with_five_minutes_for_clocks() -> None:
    begins, ends = NOW - DAY, NOW + 30 * DAY
    assert verify(body(), now=begins - timedelta(minutes=5))
    assert verify(body(), now=ends - timedelta(seconds=1))
    with refused(Code.NOT_YET_VALID, "wait, or sign again", "spec.notBefore"):
        verify(body(), now=begins - timedelta(minutes=5, seconds=1))
    with refused(Code.EXPIRED, "Sign again", "spec.expires"):
        verify(body(), now=ends)


def test_validity_is_90_days_at_most() -> None:
    assert verify(body(expires=format_time(NOW + 89 * DAY)))
    with refused(Code.VALIDITY_TOO_LONG, "at most 90 days", "spec.expires"):
        verify(body(expires=format_time(NOW + 89 * DAY + timedelta(seconds=1))))


def test_what_was_accepted_in_time_does_not_end() -> None:
    assert verify(body(), now=NOW + 400 * DAY, accepted=True)


@pytest.mark.parametrize(
    "change",
    [{"extra": 1}, {"not_before": "x"}, {"revision": 0}, {"revision": True}, {"revision": "7"}, {"language": 0},
     {"onPartition": "Fence"}, {"maxUnavailable": 0}, {"maxUnavailable": 101}, {"plan": "sha256:" + "A" * 64},
     {"plan": "sha256:" + "a" * 64 + "\n"}, {"expires": "2026-12-01"}, {"expires": "2026-12-01T00:00:00+00:00"},
     {"expires": "2026-12-01T24:00:00Z"}, {"expires": "２026-12-01T00:00:00Z"}, {"region": "eu\n"}, {"region": ""},
     {"script": ""}, {"params": []}],
)  # fmt: skip
def test_a_body_that_is_not_exactly_a_deployment_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(TrustError) as caught:
        verify(body(**change))
    assert getattr(caught.value, "code", None) in (Code.UNKNOWN_FIELD, Code.BAD_ENCODING)


@pytest.mark.parametrize(
    "head", [{"kind": "Job"}, {"apiVersion": "hardpan.dev/v1"}, {"extra": 1}, {"namespace": "A"}, {"spec": []}]
)
def test_another_kind_or_version_is_refused(head: dict[str, Any]) -> None:
    signed = canonical_bytes(json.loads(body()) | head)
    with pytest.raises(TrustError) as caught:
        verify(signed)
    assert getattr(caught.value, "code", None) in (Code.UNKNOWN_FIELD, Code.BAD_ENCODING)


def test_a_document_finds_its_tenant_by_the_namespace_that_it_names() -> None:
    world = World()
    assert verify_document(document(body(), "alice"), world.view(), NOW).signers == ("alice",)
    with refused(Code.RECORD_NOT_LISTED, "namespace b"):
        verify_document(document(body(namespace="b"), "alice"), world.view(), NOW)


def test_a_document_signed_by_a_key_since_retired_moves_until_its_time() -> None:
    assert verify_document(document(body(), "alice"), alice_retired().view(), NOW).signers == ("alice",)


@given(st.data())
def test_no_bit_of_a_body_can_be_changed(data: st.DataObject) -> None:
    signed = body()
    bit = data.draw(st.integers(0, len(signed) * 8 - 1))
    changed = bytearray(signed)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TrustError):
        verify(bytes(changed), signatures(signed, "alice"))
