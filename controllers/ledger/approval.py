"""Decides whether a registering machine counts: approved, waiting for a person, or refused. Pure.

A signature has been checked before; what is decided here is what the ledger enforces itself: clock, count, hardware.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from controllers.ledger.attestation import UNASKED, Attested
from controllers.ledger.hardware import Hardware, is_within
from crds.node_conditions import Reason
from crds.reasons import RefusalReason

CLOCK_TOLERANCE = timedelta(minutes=5)
State = Literal["Approved", "Pending", "Refused"]


@dataclass(frozen=True)
class Vouched:
    """A certificate that verified: by which token (None: by the operator)."""

    token: str | None
    site: str
    region: str


@dataclass(frozen=True)
class TokenUse:
    """What the ledger counts of a token, and whom the token admits.

    used, count: nodes that came by it, and the most that may. machines: names of single machines, see `Hardware`.
    networks: where its machines must be. Empty or None: any. measured: their TPM must name a released image.
    """

    used: int
    count: int
    board_vendor: str | None
    machines: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    measured: bool = False


@dataclass(frozen=True)
class Claim:
    """A verified registration: who, when by its own clock, and what vouches for it.

    `refusal` is the (reason, sentence) with which the certificate that it brought was refused. Who has `joined` by its
    token stays, whatever the token admits now. `address` is where it came from, as the gateway says.
    """

    node: str
    time: datetime
    hardware: Hardware
    vouched: Vouched | None
    refusal: tuple[str, str] | None = None
    joined: bool = False
    address: str = ""
    attested: Attested = UNASKED


@dataclass(frozen=True)
class Decision:
    """The answer to a registration, in the words that the node's console and `explain` show."""

    state: State
    reason: str
    message: str


def decide(
    claim: Claim, token: TokenUse | None, *, revoked: bool, now: datetime, conflict: str = "", removed: str = ""
) -> Decision:
    """Approved, Pending with what is missing, or Refused until an operator acts.

    `conflict` and `removed` are the sentences of a node of which two machines run, and of one that was removed.
    """
    approve = f"kubectl hardpan node approve {claim.node}"
    if revoked:
        return Decision(
            "Refused", Reason.REVOKED, f"{claim.node} is revoked by the operator: wipe the machine to enrol it anew"
        )
    if removed:
        return Decision("Refused", RefusalReason.NODE_REMOVED, removed)
    if conflict:
        return Decision("Refused", RefusalReason.NODE_CONFLICT, conflict)
    if abs(claim.time - now) > CLOCK_TOLERANCE:
        # Rounded, so that the sentence, and with it the Node's status, is not another one at each try.
        seconds = round((claim.time - now).total_seconds() / 60) * 60
        return Decision(
            "Pending", Reason.CLOCK_SKEW, f"the machine's clock is {seconds:+d} s off: set it by SNTP or firmware"
        )
    if claim.vouched is None and claim.refusal is not None:
        reason, sentence = claim.refusal
        return Decision("Pending", reason, f"{sentence}. Approve anyway: {approve}")
    if claim.vouched is None:
        return Decision("Pending", Reason.WAITING_FOR_APPROVAL, f"waits for an operator: {approve}")
    if claim.vouched.token is None:
        return Decision("Approved", Reason.APPROVED_BY_OPERATOR, "certificate signed by the operator root")
    return _by_token(claim, claim.vouched.token, token, approve)


def _by_token(claim: Claim, name: str, token: TokenUse | None, approve: str) -> Decision:
    if token is None:
        return Decision(
            "Pending", RefusalReason.TOKEN_UNKNOWN, f"no JoinToken {name} counts here. Approve anyway: {approve}"
        )
    if claim.joined:
        return Decision("Approved", Reason.APPROVED_BY_TOKEN, f"approved by token {name}")
    missing = next(_missing(claim, name, token), None)
    if missing is None:
        return Decision("Approved", Reason.APPROVED_BY_TOKEN, f"approved by token {name}")
    reason, sentence = missing
    return Decision("Pending", reason, f"{sentence}. Approve anyway: {approve}")


def _missing(claim: Claim, name: str, token: TokenUse) -> Iterator[tuple[Reason, str]]:
    """What keeps the token from admitting this machine, the first thing first."""
    if token.used >= token.count:
        yield Reason.TOKEN_USED_UP, f"token {name} admits {token.count} machines and all have come"
    if token.board_vendor and not fnmatchcase(claim.hardware.board_vendor, token.board_vendor):
        vendor = f'board vendor "{token.board_vendor}"; this machine reports "{claim.hardware.board_vendor}"'
        yield Reason.HARDWARE_NOT_ALLOWED, f"token {name} admits {vendor}"
    if token.machines and not claim.hardware.is_one_of(token.machines):
        listed = f"{len(token.machines)} machines by name; this one is {claim.hardware}"
        yield Reason.HARDWARE_NOT_ALLOWED, f"token {name} admits {listed}"
    if token.networks and not is_within(claim.address, token.networks):
        where = f"{', '.join(token.networks)}; this one comes from {claim.address or 'an unknown address'}"
        yield Reason.NETWORK_NOT_ALLOWED, f"token {name} admits machines from {where}"
    if token.measured and (unexpected := claim.attested.unexpected):
        yield unexpected, f"token {name} admits machines that started a released image; {claim.attested.message}"
