"""Decides whether a registering machine counts: approved, waiting for a person, or refused. Pure.

A signature has been checked before; what is decided here is what the ledger enforces itself: clock, count, hardware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal

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
    """What the ledger counts of a token: nodes that came by it, the most that may, and the board pattern."""

    used: int
    count: int
    board_vendor: str | None


@dataclass(frozen=True)
class Claim:
    """A verified registration: who, when by its own clock, and what vouches for it.

    `refusal` is the (reason, sentence) with which the certificate that it brought was refused. Who has `joined` by its
    token stays, whatever the token admits now.
    """

    node: str
    time: datetime
    board_vendor: str
    vouched: Vouched | None
    refusal: tuple[str, str] | None = None
    joined: bool = False


@dataclass(frozen=True)
class Decision:
    """The answer to a registration, in the words that the node's console and `explain` show."""

    state: State
    reason: str
    message: str


def decide(claim: Claim, token: TokenUse | None, *, revoked: bool, now: datetime, conflict: str = "") -> Decision:
    """Approved, Pending with what is missing, or Refused until an operator acts; `conflict` is the sentence of one."""
    approve = f"kubectl hardpan node approve {claim.node}"
    if revoked:
        return Decision(
            "Refused", Reason.REVOKED, f"{claim.node} is revoked by the operator: wipe the machine to enrol it anew"
        )
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
    if token.used >= token.count:
        sentence = f"token {name} admits {token.count} machines and all have come"
        return Decision("Pending", Reason.TOKEN_USED_UP, f"{sentence}. Approve anyway: {approve}")
    if token.board_vendor and not fnmatchcase(claim.board_vendor, token.board_vendor):
        sentence = (
            f'token {name} admits board vendor "{token.board_vendor}"; this machine reports "{claim.board_vendor}"'
        )
        return Decision("Pending", Reason.HARDWARE_NOT_ALLOWED, f"{sentence}. Approve anyway: {approve}")
    return Decision("Approved", Reason.APPROVED_BY_TOKEN, f"approved by token {name}")
