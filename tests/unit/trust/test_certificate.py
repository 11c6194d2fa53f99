"""Node certificates: a join token that the snapshot lists, or the operator root, vouches for a machine's keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.trust.refused import refused
from tests.unit.trust.world import (
    DAY,
    NOW,
    World,
    certificate,
    machine_key,
    raw,
    root_document,
    seed,
    token,
    verified,
    vouched,
)
from tests.unit.trust.world import root as signed_root
from trust.canonical import canonical_bytes
from trust.certificate import (
    CERTIFICATE_TYPE,
    bytes_to_sign,
    operator_signature,
    sign_with_root,
    sign_with_token,
    token_open,
    verify_certificate,
)
from trust.dsse import Envelope, Signature
from trust.errors import Code, TrustError
from trust.keys import digest, node_id
from trust.part import format_time
from trust.sshsig import sign_with_seed


def approved(*signers: str, **changes: Any) -> bytes:
    """A certificate that operators signed."""
    body = certificate(**{"token": None} | changes)
    return sign_with_root(
        body, tuple(operator_signature(sign_with_seed(seed(name), bytes_to_sign(body))) for name in signers)
    )


def test_a_listed_token_vouches_for_a_node() -> None:
    assert verified(vouched()) == certificate()


def test_the_operator_vouches_for_a_node() -> None:
    assert verified(approved("root-1", labels={"any": "label"}, site="elsewhere")).token is None


@pytest.mark.parametrize("signers", [("alice",), ("root-3",)])
def test_nobody_else_signs_in_the_operator_s_place(signers: tuple[str, ...]) -> None:
    with refused(Code.THRESHOLD_NOT_MET):
        verified(approved(*signers))


def test_a_token_does_not_sign_in_the_operator_s_place() -> None:
    with refused(Code.THRESHOLD_NOT_MET):
        verified(sign_with_token(certificate(token=None), machine_key("token")))


def test_a_token_s_certificate_is_signed_by_that_token() -> None:
    with refused(Code.BAD_SIGNATURE, "not signed by join token rack"):
        verified(sign_with_token(certificate(), machine_key("supervisor")))


def test_a_token_s_certificate_has_one_signature() -> None:
    body = certificate()
    signature = Signature("", machine_key("token").sign(bytes_to_sign(body)))
    with refused(Code.BAD_SIGNATURE):
        verified(Envelope(CERTIFICATE_TYPE, body.to_bytes(), (signature, signature)).to_json())


def test_a_token_that_is_not_listed_vouches_for_nobody() -> None:
    world = World()
    del world.records["JoinToken/rack"]
    with refused(Code.TOKEN_UNKNOWN, "rack is not listed in trust snapshot 5"):
        verified(vouched(), world)


def test_a_token_vouches_until_it_ends_and_who_joined_in_time_stays() -> None:
    assert verified(vouched(issued=format_time(NOW + DAY - timedelta(seconds=1))))
    with refused(Code.TOKEN_EXPIRED, "join token rack ended"):
        verified(vouched(issued=format_time(NOW + DAY)))


@pytest.mark.parametrize(
    "claim", [{"site": "other"}, {"region": "us"}, {"labels": {}}, {"labels": {"disk": "ssd", "gpu": "a100"}}]
)
def test_a_node_claims_no_more_than_its_token_vouches_for(claim: dict[str, Any]) -> None:
    with refused(Code.CERTIFICATE_REFUSED, f"join token rack vouches for {next(iter(claim))}"):
        verified(vouched(**claim))


def test_a_certificate_of_another_cluster_is_refused() -> None:
    with refused(Code.WRONG_CLUSTER):
        verified(vouched(cluster=digest(b"other")))


def test_a_node_s_name_is_its_key_s() -> None:
    with refused(Code.CERTIFICATE_REFUSED, "is not the name of the key"):
        verified(vouched(signingKey=raw("other")))


@pytest.mark.parametrize("make", [vouched, lambda: approved("root-1")])
def test_a_revoked_node_is_vouched_for_by_nobody(make: Any) -> None:
    node = node_id(machine_key("node").public)
    with refused(Code.NODE_REVOKED, "revoked by the operator"):
        verified(make(), World(snapshot={"revokedNodes": [node]}))


def test_a_certificate_with_a_field_too_many_is_refused() -> None:
    body = canonical_bytes(certificate().wire() | {"admin": True})
    signature = Signature("", machine_key("token").sign(Envelope(CERTIFICATE_TYPE, body, ()).signed_bytes))
    with refused(Code.UNKNOWN_FIELD, "admin"):
        verified(Envelope(CERTIFICATE_TYPE, body, (signature,)).to_json())


def test_no_bit_of_a_certificate_can_be_changed() -> None:
    data, view, believed = vouched(), World().view(), 0
    for bit in range(0, len(data) * 8, 3):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            found = verify_certificate(bytes(changed), view)
        except TrustError:
            continue
        assert found == certificate()  # only the hint which key to try may differ
        believed += 1
    assert believed < 8 * len("token:rack")


def test_a_token_admits_until_it_is_closed_or_ends() -> None:
    view = World().view()
    token_open(view, "rack", NOW + DAY - timedelta(seconds=1))
    with refused(Code.TOKEN_EXPIRED, "hardpan token create"):
        token_open(view, "rack", NOW + DAY)
    with refused(Code.TOKEN_UNKNOWN):
        token_open(view, "other", NOW)
    with refused(Code.TOKEN_CLOSED, "closed by the operator"):
        token_open(World(snapshot={"closedTokens": ["rack"]}).view(), "rack", NOW)


def test_closing_a_token_leaves_those_who_joined() -> None:
    assert verified(vouched(), World(snapshot={"closedTokens": ["rack"]}))


def test_a_new_root_s_keys_vouch_and_the_old_ones_no_more() -> None:
    first, second = root_document(), root_document(2, 1, ("root-3", "root-4"))
    chain = (signed_root(first, "root-1"), signed_root(second, "root-1", "root-3"))
    world = World(roots=chain, snapshot_signers=("root-3",))
    assert verified(approved("root-4"), world)
    with refused(Code.THRESHOLD_NOT_MET):
        verified(approved("root-1"), world)


def test_another_token_of_the_same_key_vouches_for_its_own_site_only() -> None:
    world = World()
    world.records["JoinToken/roof"] = token(site="roof")
    assert verified(vouched(token="roof", site="roof"), world)
    with refused(Code.CERTIFICATE_REFUSED):
        verified(vouched(token="roof"), world)
