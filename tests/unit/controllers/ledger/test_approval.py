"""Approval: each refusal has a reason of its own and says how to approve anyway."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from controllers.ledger.approval import Claim, Decision, TokenUse, Vouched, decide
from controllers.ledger.hardware import Hardware

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OURS = Hardware("Acme Corp", ("A263310X9B02713", "52:54:00:ab:cd:01"))
BY_TOKEN = Claim("n-x", NOW, OURS, Vouched("rack-7", "lab", "eu"), address="10.7.1.2")
TOKEN = TokenUse(used=0, count=2, board_vendor="Acme*")


def decided(claim: Claim = BY_TOKEN, token: TokenUse | None = TOKEN, *, revoked: bool = False) -> Decision:
    return decide(claim, token, revoked=revoked, now=NOW)


def test_a_token_approves_a_machine_of_the_right_hardware() -> None:
    assert decided() == Decision("Approved", "ApprovedByToken", "approved by token rack-7")


def test_the_operators_certificate_needs_no_token() -> None:
    assert (
        decided(dataclasses.replace(BY_TOKEN, vouched=Vouched(None, "lab", "eu")), None).reason == "ApprovedByOperator"
    )


@pytest.mark.parametrize(
    ("claim", "token", "reason"),
    [
        (dataclasses.replace(BY_TOKEN, vouched=None), TOKEN, "WaitingForApproval"),
        (BY_TOKEN, None, "TokenUnknown"),
        (BY_TOKEN, dataclasses.replace(TOKEN, used=2), "TokenUsedUp"),
        (dataclasses.replace(BY_TOKEN, hardware=Hardware("Contoso")), TOKEN, "HardwareNotAllowed"),
        (BY_TOKEN, dataclasses.replace(TOKEN, machines=("B1", "B2")), "HardwareNotAllowed"),
        (BY_TOKEN, dataclasses.replace(TOKEN, networks=("10.8.0.0/16", "fd00::/8")), "NetworkNotAllowed"),
        (
            dataclasses.replace(BY_TOKEN, address=""),
            dataclasses.replace(TOKEN, networks=("::/0",)),
            "NetworkNotAllowed",
        ),
        (
            dataclasses.replace(BY_TOKEN, vouched=None, refusal=("TokenExpired", "token rack-7 ended")),
            TOKEN,
            "TokenExpired",
        ),
    ],
)
def test_what_is_missing_is_pending_and_names_the_way_out(claim: Claim, token: TokenUse | None, reason: str) -> None:
    decision = decided(claim, token)
    assert (decision.state, decision.reason) == ("Pending", reason)
    assert "kubectl hardpan node approve n-x" in decision.message


@pytest.mark.parametrize("listed", ["a263310x9b02713", "52:54:00:AB:CD:01"])
def test_a_machine_is_known_by_any_name_that_it_alone_has(listed: str) -> None:
    assert decided(token=dataclasses.replace(TOKEN, machines=("other", listed))).state == "Approved"


@pytest.mark.parametrize(
    ("address", "network", "within"),
    [
        ("10.7.1.2", "10.7.0.0/16", True),
        ("::ffff:10.7.1.2", "10.7.0.0/16", True),
        ("10.8.1.2", "10.7.0.0/16", False),
        ("fd00:7::1", "fd00:7::/32", True),
        ("fd00:7::1", "0.0.0.0/0", False),
        ("unknown", "::/0", False),
    ],
)
def test_where_a_machine_comes_from(address: str, network: str, within: bool) -> None:
    claim = dataclasses.replace(BY_TOKEN, address=address)
    found = decided(claim, dataclasses.replace(TOKEN, networks=(network,)))
    assert (found.state == "Approved") is within


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wrong_clock_is_named_before_anything_else_counts(hours: int) -> None:
    decision = decided(dataclasses.replace(BY_TOKEN, time=NOW + timedelta(hours=hours)))
    assert (decision.state, decision.reason) == ("Pending", "ClockSkew")
    assert f"{hours * 3600:+d} s" in decision.message


def test_a_revoked_node_is_refused_for_good() -> None:
    assert decided(revoked=True).state == "Refused"
