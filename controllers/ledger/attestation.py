"""What the ledger makes of a quote that came with a registration: whose key signed it, which image was started. Pure.

Nobody vouches that the key is in a TPM: True says that the key which a node is bound to since its first quote says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controllers.loop.conditions import Condition, ConditionStatus, condition
from controllers.loop.objects import Object
from crds.node_conditions import Reason
from trust.errors import Refusal
from trust.quote import Quoted, open_quote
from trust.registration import Registration, attestation_challenge
from trust.snapshot import TrustView

NO_QUOTE = "no quote of a TPM came with its registration"


@dataclass(frozen=True)
class Attested:
    """The verdict. `key` is the key that the node is bound to, `quoted` what counts of the quote."""

    status: ConditionStatus
    reason: Reason
    message: str
    key: str = ""
    quoted: Quoted | None = None

    @property
    def unexpected(self) -> Reason | None:
        """Why it is not known that a released image was started; None when it is."""
        if self.reason is Reason.IMAGE_RELEASED:
            return None
        return Reason.IMAGE_NOT_RELEASED if self.reason is Reason.QUOTED else self.reason

    @property
    def condition(self) -> Condition:
        """As it stands in the Node."""
        return Condition("Attested", self.status, str(self.reason), self.message)


UNASKED = Attested("Unknown", Reason.NO_TPM, NO_QUOTE)


def expected(view: TrustView) -> dict[str, str]:
    """The images that the operator signed as releases: PCR 11 → the release's name."""
    return {each.pcr_11: name for name, each in view.releases.items() if each.pcr_11}


def attested(registration: Registration, bound: str, images: Mapping[str, str]) -> Attested:
    """The verdict over a registration; `bound` is the key that the node is bound to, empty before its first quote."""
    claim = registration.attestation
    if claim is None and not bound:
        return UNASKED
    if claim is None:
        return Attested("False", Reason.QUOTE_MISSING, f"{NO_QUOTE}, and one came before", bound)
    challenge = attestation_challenge(registration.cluster, registration.node, registration.nonce)
    try:
        quoted = open_quote(claim, challenge)
    except Refusal as refusal:
        return Attested("False", Reason.QUOTE_REFUSED, refusal.message, bound)
    if bound and quoted.key != bound:
        message = f"key {_short(quoted.key)} signs its quotes now, and it is bound to {_short(bound)}"
        return Attested("False", Reason.ATTESTATION_KEY_CHANGED, message, bound)
    return _by_image(quoted, images)


def _by_image(quoted: Quoted, images: Mapping[str, str]) -> Attested:
    if quoted.pcr11 in images:
        return _verdict("True", Reason.IMAGE_RELEASED, f"it started release {images[quoted.pcr11]}", quoted)
    started = f"PCR 11 is {quoted.pcr11}"
    if images:
        return _verdict("False", Reason.IMAGE_NOT_RELEASED, f"{started}, and no release has it", quoted)
    return _verdict("True", Reason.QUOTED, f"{started}; no release says what it should be", quoted)


def _verdict(status: ConditionStatus, reason: Reason, message: str, quoted: Quoted) -> Attested:
    return Attested(status, reason, message, quoted.key, quoted)


def bound_key(seen: Object | None, held: Attested | None) -> str:
    """The key that a node is bound to: as this ledger heard it, or as its status kept it."""
    if held is not None and held.key:
        return held.key
    return str((seen.status.get("attestation") or {}).get("key", "")) if seen else ""


def said(seen: Object, held: Attested | None) -> Condition:
    """The condition: what this ledger heard, else what stood there before."""
    if held is not None:
        return held.condition
    before = condition(seen.status, "Attested")
    if before is None:
        return UNASKED.condition
    return Condition("Attested", before["status"], before["reason"], before.get("message", ""))


def kept(seen: Object, held: Attested | None) -> dict[str, Any]:
    """What the status keeps of it: the key for good, and what was started last."""
    if held is None or held.quoted is None:
        return {name: seen.status[name] for name in ("attestation",) if name in seen.status}
    return {"attestation": {"key": held.key, "pcr7": held.quoted.pcr7, "pcr11": held.quoted.pcr11}}


def _short(key: str) -> str:
    return key[:19] + "…"
