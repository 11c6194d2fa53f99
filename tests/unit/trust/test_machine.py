"""What machines sign: one signature by the one key, one spelling of each field, and bounds on everything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.trust.refused import refused
from tests.unit.trust.world import CLUSTER, NOW, machine_key, raw, seed, vouched
from trust.canonical import canonical_bytes
from trust.dsse import Envelope, Signature
from trust.errors import BadKey, Code, NotCanonical, Refusal, TrustError
from trust.job import RECEIPT_TYPE, Receipt
from trust.keys import digest, node_id
from trust.machine import open_signed, peek, sign
from trust.part import format_time, parse_time
from trust.registration import (
    CREDENTIALS_TYPE,
    REGISTRATION_TYPE,
    CredentialsRequest,
    Registration,
    open_registration,
)
from trust.report import MOST_ROWS, REPORT_TYPE, Report

KEY = machine_key("node")
NODE = node_id(KEY.public)
TIME = format_time(NOW)

REGISTRATION: dict[str, Any] = {
    "kind": "Registration", "cluster": CLUSTER, "node": NODE, "nonce": "n", "time": TIME, "boot": "b",
    "start": 1, "instance": "i",
    "signingKey": raw("node"), "boxKey": raw("box"), "tlsKey": raw("tls"), "myceliumKey": seed("m").hex(),
    "inventory": {
        "hostname": "h", "architecture": "x86_64", "kernel": "6.1", "boardVendor": "Acme", "virtualisation": "none",
        "agentVersion": "0.1.0",
    },
    "capacity": {"cpus": 4, "memory": 1 << 33, "disk": 1 << 40}, "certificate": vouched().decode(),
}  # fmt: skip
CREDENTIALS: dict[str, Any] = {
    "kind": "CredentialsRequest", "cluster": CLUSTER, "node": NODE, "time": TIME, "nonce": "n"
}  # fmt: skip
ROW: dict[str, Any] = {
    "kind": "machine", "namespace": "a", "name": "web-0", "deployment": "uid", "epoch": 1, "generation": 1,
    "item": digest(b""), "state": "running", "restarts": 0, "since": TIME,
}  # fmt: skip
REPORT: dict[str, Any] = {
    "cluster": CLUSTER, "node": NODE, "boot": "b", "start": 1, "sequence": 1, "time": TIME, "uptimeSeconds": 5,
    "snapshotVersion": 5, "capacity": {"cpus": 4, "memory": 1, "disk": 1}, "table": [ROW],
    "bin": ["v-aaaaaaaaaaaaaaaaaaaa"],
}  # fmt: skip
RECEIPT: dict[str, Any] = {
    "node": NODE, "boot": "b", "job": "j", "attempt": 1, "sequence": 1, "previous": digest(b""), "time": TIME,
    "state": "succeeded", "reason": "Succeeded", "message": "",
    "steps": [{"kind": "machine", "name": "web-0", "verb": "ensure", "outcome": "done", "reason": "", "message": ""}],
}  # fmt: skip
BODIES: dict[str, tuple[str, type[Any], dict[str, Any]]] = {
    "registration": (REGISTRATION_TYPE, Registration, REGISTRATION),
    "credentials": (CREDENTIALS_TYPE, CredentialsRequest, CREDENTIALS),
    "report": (REPORT_TYPE, Report, REPORT),
    "receipt": (RECEIPT_TYPE, Receipt, RECEIPT),
}


def envelope(kind: str, fields: dict[str, Any], key: str = "node") -> bytes:
    """A signed body."""
    return sign(kind, canonical_bytes(fields), machine_key(key), NODE)


@pytest.mark.parametrize(("kind", "model", "fields"), BODIES.values(), ids=BODIES)
class TestEveryBody:
    """What holds of each body that a machine signs."""

    def test_it_comes_back_byte_for_byte(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        opened = open_signed(envelope(kind, fields), kind, model, KEY.public)
        assert opened.to_bytes() == canonical_bytes(fields)

    def test_another_key_s_signature_is_refused(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        with refused(Code.BAD_SIGNATURE, "not signed by the key that it must be signed by"):
            open_signed(envelope(kind, fields, "other"), kind, model, KEY.public)

    def test_a_field_too_many_is_refused(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        with refused(Code.UNKNOWN_FIELD, "extra"):
            open_signed(envelope(kind, fields | {"extra": 1}), kind, model, KEY.public)

    def test_each_field_has_one_spelling(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            snake = "".join(f"_{each.lower()}" if each.isupper() else each for each in name)
            if snake != name:
                respelled = {key: each for key, each in fields.items() if key != name} | {snake: value}
                with pytest.raises(Refusal):
                    model.parse(canonical_bytes(respelled))

    def test_each_field_but_the_optional_is_needed(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        for name in set(fields) - {"certificate", "kind"}:
            with refused(Code.BAD_ENCODING, name, name):
                model.from_wire({key: each for key, each in fields.items() if key != name})

    def test_each_field_has_its_type(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        wrong: tuple[object, ...] = (True, 1.5, {"a": {}})
        for name in fields:
            for each in wrong:
                with refused(Code.BAD_ENCODING):
                    model.from_wire(fields | {name: each})

    def test_no_bit_of_it_can_be_changed(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        data = envelope(kind, fields)
        for bit in range(0, len(data) * 8, 5):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            try:
                found = open_signed(bytes(changed), kind, model, KEY.public)
            except TrustError:
                continue
            assert found.to_bytes() == canonical_bytes(fields)

    def test_a_body_of_one_type_is_none_of_another(self, kind: str, model: type[Any], fields: dict[str, Any]) -> None:
        with refused(Code.BAD_TYPE):
            open_signed(envelope("application/vnd.hardpan.other.v1+json", fields), kind, model, KEY.public)


def test_two_signatures_are_not_one() -> None:
    body = canonical_bytes(REPORT)
    signature = Signature(NODE, KEY.sign(Envelope(REPORT_TYPE, body, ()).signed_bytes))
    with refused(Code.BAD_SIGNATURE):
        open_signed(Envelope(REPORT_TYPE, body, (signature, signature)).to_json(), REPORT_TYPE, Report, KEY.public)


def test_a_peek_believes_nothing_and_checks_the_form() -> None:
    assert peek(envelope(REPORT_TYPE, REPORT, "other"), REPORT_TYPE, Report).node == NODE
    with refused(Code.UNKNOWN_FIELD):
        peek(envelope(REPORT_TYPE, REPORT | {"x": 1}), REPORT_TYPE, Report)


def test_a_registration_is_signed_by_the_key_that_it_registers() -> None:
    assert open_registration(envelope(REGISTRATION_TYPE, REGISTRATION), CLUSTER).certificate == vouched().decode()
    with refused(Code.BAD_SIGNATURE):
        open_registration(envelope(REGISTRATION_TYPE, REGISTRATION, "other"), CLUSTER)


def test_nobody_registers_under_another_s_name() -> None:
    other = REGISTRATION | {"signingKey": raw("other")}
    with refused(Code.WRONG_NODE, "is not the name of the key that it registers"):
        open_registration(envelope(REGISTRATION_TYPE, other, "other"), CLUSTER)


def test_nobody_registers_with_another_cluster() -> None:
    with refused(Code.WRONG_CLUSTER, "registers with cluster"):
        open_registration(envelope(REGISTRATION_TYPE, REGISTRATION), digest(b"other"))


def test_a_report_is_bounded() -> None:
    assert Report.from_wire(REPORT | {"table": [ROW] * MOST_ROWS})
    for change in (
        {"table": [ROW] * (MOST_ROWS + 1)},
        {"bin": ["v"] * (MOST_ROWS + 1)},
        {"uptimeSeconds": -1},
        {"sequence": 2**53},
        {"boot": "b" * 257},
    ):
        with refused(Code.BAD_ENCODING):
            Report.from_wire(REPORT | change)


@pytest.mark.parametrize("node", ["n-" + "a" * 25, "n-" + "a" * 27, "n-" + "A" * 26, "n-" + "a" * 26 + "\n", "x"])
def test_a_node_s_name_has_one_form(node: str) -> None:
    with refused(Code.BAD_ENCODING, "node"):
        Report.from_wire(REPORT | {"node": node})


def test_a_time_is_utc_and_whole_seconds() -> None:
    assert parse_time(TIME) == NOW
    with pytest.raises(ValueError, match="does not match"):
        parse_time("2026-11-24")


def test_all_that_this_package_raises_has_one_root() -> None:
    assert {BadKey, NotCanonical, Refusal} == set(TrustError.__subclasses__())


def test_codes_are_words_that_conditions_can_carry() -> None:
    assert all(str(code).isalpha() and str(code)[0].isupper() and len(code) <= 32 for code in Code)


def test_a_refusal_says_its_field_first() -> None:
    assert str(Refusal(Code.EXPIRED, "ended", "spec.expires")) == "spec.expires: ended"
    assert str(Refusal(Code.EXPIRED, "ended")) == "ended"
