"""What the gateway's answers, and their absence, mean to the node."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from node_agent.agent.gateway import HttpGateway
from node_agent.errors import NeedsOperator, NodeError, Refused, TryAgain

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA certificate."""
    key, name = Ed25519PrivateKey.generate(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    file.write_bytes(dated.sign(key, None).public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def gateway(authority: Path) -> Callable[[Answer], HttpGateway]:
    """A gateway that answers so."""
    return lambda answer: HttpGateway("https://cp.example:8443", authority, httpx.MockTransport(answer))


def broken(code: int) -> Answer:
    """A TLS connection that ends with this verification code, as httpx tells it."""

    def answer(request: httpx.Request) -> httpx.Response:
        cause = ssl.SSLCertVerificationError()
        cause.verify_code = code
        raise httpx.ConnectError("certificate verify failed") from cause

    return answer


def raised(made: HttpGateway) -> NodeError:
    """What asking for a challenge raises."""
    with pytest.raises(NodeError) as caught:
        made.challenge("n-x")
    return caught.value


def test_an_approval_is_read_with_what_the_node_needs_of_it(gateway: Callable[[Answer], HttpGateway]) -> None:
    body = {"state": "Pending", "reason": "ClockSkew", "message": "off", "retryAfterSeconds": 7, "later": "field"}
    answer = gateway(lambda request: httpx.Response(200, json=body)).register("{}")
    assert (answer.state, answer.reason, answer.retry_after_seconds) == ("Pending", "ClockSkew", 7)


def test_a_refusal_carries_the_ledger_s_reason(gateway: Callable[[Answer], HttpGateway]) -> None:
    answer = httpx.Response(403, json={"reason": "Revoked", "message": "wipe the machine"})
    error = raised(gateway(lambda request: answer))
    assert isinstance(error, Refused)
    assert (error.reason, error.message) == ("Revoked", "wipe the machine")


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_gateway_is_asked_again(gateway: Callable[[Answer], HttpGateway], code: int) -> None:
    assert isinstance(raised(gateway(lambda request: httpx.Response(code))), TryAgain)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"nonce": 5}', b"[]"])
def test_an_answer_that_is_none_is_asked_again(gateway: Callable[[Answer], HttpGateway], body: bytes) -> None:
    assert raised(gateway(lambda request: httpx.Response(200, content=body))).reason == "BadAnswer"


def test_a_certificate_of_another_authority_is_named_as_such(gateway: Callable[[Answer], HttpGateway]) -> None:
    error = raised(gateway(broken(20)))
    assert error.reason == "ForeignCertificate"
    assert "https://cp.example:8443" in error.message


@pytest.mark.parametrize("code", [9, 10])
def test_a_certificate_out_of_its_time_points_to_the_clock(gateway: Callable[[Answer], HttpGateway], code: int) -> None:
    error = raised(gateway(broken(code)))
    assert isinstance(error, NeedsOperator)
    assert (error.reason, "set the clock" in error.message) == ("ClockWrong", True)


def test_a_medium_whose_authority_is_no_certificate_says_so(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(NeedsOperator, match="not a CA certificate"):
        HttpGateway("https://cp.example", tmp_path / "ca.pem")
