"""A TPM's signed word about what its registers hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sal.tpm import registers
from sal.tpm.chip import PASSWORD, Command, Tpm
from sal.tpm.objects import attestation_key
from sal.tpm.wire import NOTHING, selection, sized, u16

_QUOTE = 0x158


@dataclass(frozen=True)
class Quote:
    """`key` is the signer (TPMT_PUBLIC), `statement` what it signed (TPMS_ATTEST), `signature` a TPMT_SIGNATURE."""

    key: bytes
    statement: bytes
    signature: bytes
    values: tuple[bytes, ...]


def quote(tpm: Tpm, challenge: bytes, chosen: Sequence[int]) -> Quote:
    """What these registers, in rising order, hold now; `challenge` (at most 32 bytes) is in the statement."""
    values = tuple(registers.read(tpm, each) for each in chosen)
    with attestation_key(tpm) as (key, public):
        body = sized(challenge) + u16(NOTHING) + selection(chosen)
        answer = tpm.call(Command(_QUOTE, body, on=key, session=PASSWORD))
    return Quote(public, answer.sized(), answer.rest(), values)
