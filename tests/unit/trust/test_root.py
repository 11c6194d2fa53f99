"""The operator root: the genesis names the cluster, and a new version needs the old one's word and its own."""

from __future__ import annotations

import pytest

from tests.unit.trust.refused import refused
from tests.unit.trust.world import CLUSTER, GENESIS, root, root_document, user_key
from trust.dsse import Envelope, parse_envelope
from trust.errors import Code
from trust.keys import digest
from trust.root import ROOT_TYPE, RootDocument, open_root

FIRST = root(GENESIS, "root-1")
TWO_OF_THREE = root_document(threshold=2, keys=("root-1", "root-2", "root-3"))


def second(*signers: str, version: int = 2, keys: tuple[str, ...] = ("root-2", "root-3"), threshold: int = 1) -> bytes:
    """Version 2 of the root, of other keys."""
    return root(root_document(version, threshold, keys), *signers)


def test_the_genesis_names_the_cluster() -> None:
    assert digest(GENESIS) == CLUSTER
    assert open_root([FIRST], CLUSTER).document == RootDocument.parse(GENESIS)


def test_another_genesis_is_another_cluster() -> None:
    other = root(root_document(threshold=2), "root-1", "root-2")
    with refused(Code.WRONG_CLUSTER, CLUSTER):
        open_root([other], CLUSTER)


def test_there_must_be_a_root() -> None:
    with refused(Code.NO_TRUST, "hardpan init"):
        open_root([], CLUSTER)


@pytest.mark.parametrize("signers", [("root-3",), ("alice", "bob")])
def test_a_genesis_that_its_keys_did_not_sign_is_none(signers: tuple[str, ...]) -> None:
    with refused(Code.THRESHOLD_NOT_MET, "0 of the operator root's keys, 1 needed"):
        open_root([root(GENESIS, *signers)], CLUSTER)


def test_one_key_that_signs_twice_counts_once() -> None:
    body = TWO_OF_THREE
    with refused(Code.THRESHOLD_NOT_MET, "by 1 of"):
        open_root([root(body, "root-1", "root-1")], digest(body))
    assert open_root([root(body, "root-1", "root-3")], digest(body)).document.threshold == 2


def test_a_bad_signature_beside_good_ones_harms_nothing() -> None:
    envelope = parse_envelope(root(GENESIS, "root-1"), ROOT_TYPE)
    foreign = parse_envelope(second("root-2"), ROOT_TYPE).signatures
    assert open_root([Envelope(ROOT_TYPE, GENESIS, (*foreign, *envelope.signatures)).to_json()], CLUSTER)


def test_a_new_version_needs_the_old_keys_and_the_new_ones() -> None:
    assert open_root([FIRST, second("root-1", "root-3")], CLUSTER).document.version == 2
    assert open_root([FIRST, second("root-2")], CLUSTER).document.version == 2  # a key of both counts for both
    for signers in (("root-1",), ("root-3",)):
        with refused(Code.THRESHOLD_NOT_MET):
            open_root([FIRST, second(*signers)], CLUSTER)


def test_a_third_version_needs_the_second_s_keys_not_the_first_s() -> None:
    chain = [FIRST, second("root-2")]
    third = root_document(3, 1, ("root-4", "root-5"))
    assert open_root([*chain, root(third, "root-3", "root-4")], CLUSTER).document.version == 3
    with refused(Code.THRESHOLD_NOT_MET):
        open_root([*chain, root(third, "root-1", "root-4")], CLUSTER)


def test_a_new_version_must_meet_its_own_threshold() -> None:
    with refused(Code.THRESHOLD_NOT_MET, "2 needed"):
        open_root([FIRST, second("root-2", threshold=2)], CLUSTER)


@pytest.mark.parametrize("version", [1, 3])
def test_versions_follow_one_another(version: int) -> None:
    with refused(Code.BAD_ENCODING, "gap"):
        open_root([FIRST, second("root-2", version=version)], CLUSTER)


def test_a_chain_begins_with_version_1() -> None:
    body = root_document(version=2)
    with refused(Code.BAD_ENCODING, "gap"):
        open_root([root(body, "root-1")], digest(body))


def unchecked(lines: tuple[str, ...], threshold: int = 1) -> bytes:
    """A root document of these key lines."""
    return RootDocument(name="test", version=1, threshold=threshold, keys=lines).to_bytes()


@pytest.mark.parametrize("threshold", [1, 2])
def test_one_key_in_two_spellings_is_one_key(threshold: int) -> None:
    line = user_key("root-1").line
    body = unchecked((line, f"{line} again"), threshold)
    with refused(Code.BAD_ENCODING, "two different keys"):
        open_root([root(body, "root-1")], digest(body))


def test_a_threshold_that_no_keys_can_meet_is_refused() -> None:
    body = root_document(threshold=3)
    with refused(Code.BAD_ENCODING, "threshold"):
        open_root([root(body, "root-1", "root-2")], digest(body))


def test_a_root_of_a_key_that_does_not_count_is_refused() -> None:
    body = unchecked((user_key("root-1").line, "ssh-rsa AAAA"))
    with refused(Code.BAD_ENCODING, "not a key kind that counts"):
        open_root([root(body, "root-1")], digest(body))
