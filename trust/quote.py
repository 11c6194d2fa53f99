"""Verifies what a machine's TPM says of how the machine was started. Small and bounded: all in it is a stranger's.

TPMs do not speak Ed25519: the signature is ECDSA on P-256. Forms: TCG, Trusted Platform Module Library, part 2,
TPMS_ATTEST, TPMT_PUBLIC and TPMT_SIGNATURE; only the one form that nodes send.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from trust.dsse import decode
from trust.errors import Code, Refusal
from trust.keys import digest
from trust.registration import Attestation

# ECC, SHA-256; fixed to its TPM, made in it, restricted to what the TPM puts together, signs; ECDSA, P-256.
_KEY = bytes.fromhex("0023 000b 00050472 0000 0010 0018 000b 0003 0010")
_QUOTE = bytes.fromhex("ff544347 8018")
# The SHA-256 bank, PCR 7 and 11.
_REGISTERS = bytes.fromhex("00000001 000b 03 800800")
_ECDSA = bytes.fromhex("0018 000b")
_NUMBER_BYTES, _NAME_BYTES, _CHALLENGE_BYTES, _DIGEST_BYTES = 32, 34, 32, 32
_CLOCK_AND_VERSION_BYTES = 17 + 8


@dataclass(frozen=True)
class Quoted:
    """What a TPM says. `key` is the digest of the key that signed it; `pcr7`, `pcr11` are hexadecimal."""

    key: str
    pcr7: str
    pcr11: str


def open_quote(claim: Attestation, challenge: bytes) -> Quoted:
    """What the TPM says, if it says it over this challenge and these values. Raises Refusal."""
    key, statement = decode(claim.key), decode(claim.statement)
    if not _verifies(_public(key), decode(claim.signature), statement):
        raise Refusal(Code.BAD_SIGNATURE, "the quote is not signed by the key that came with it")
    said, values = _statement(statement)
    if said != challenge:
        raise Refusal(Code.EXPIRED, "the quote is not over the challenge of this registration")
    if values != hashlib.sha256(bytes.fromhex(claim.pcr7) + bytes.fromhex(claim.pcr11)).digest():
        raise Refusal(Code.BAD_SIGNATURE, "the quote is over other values of PCR 7 and 11 than came with it")
    return Quoted(digest(key), claim.pcr7, claim.pcr11)


def _public(key: bytes) -> tuple[int, int]:
    left = _Fields(key, "the attestation key")
    left.exactly(_KEY, "is no restricted ECDSA key on P-256")
    point = left.number(), left.number()
    left.end()
    return point


def _statement(statement: bytes) -> tuple[bytes, bytes]:
    """The challenge, and the digest of the values."""
    left = _Fields(statement, "the quote")
    left.exactly(_QUOTE, "was not made by a TPM")
    left.sized(_NAME_BYTES)
    challenge = left.sized(_CHALLENGE_BYTES)
    left.take(_CLOCK_AND_VERSION_BYTES)
    left.exactly(_REGISTERS, "is not over PCR 7 and 11 of the SHA-256 bank")
    values = left.sized(_DIGEST_BYTES)
    left.end()
    return challenge, values


def _verifies(point: tuple[int, int], signature: bytes, statement: bytes) -> bool:
    left = _Fields(signature, "the quote's signature")
    left.exactly(_ECDSA, "is not ECDSA with SHA-256")
    numbers = left.number(), left.number()
    left.end()
    # Ten MiB that only a site pays whose machines have a TPM.
    from trust.ecdsa import verifies

    return verifies(point, numbers, statement)


class _Fields:
    """Reads fixed and sized fields; what does not fit is a refusal that names `source`."""

    def __init__(self, data: bytes, source: str) -> None:
        self._left, self._source = data, source

    def take(self, count: int) -> bytes:
        if count > len(self._left):
            raise Refusal(Code.BAD_ENCODING, f"{self._source} is cut short")
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def exactly(self, wanted: bytes, otherwise: str) -> None:
        if self.take(len(wanted)) != wanted:
            raise Refusal(Code.BAD_ENCODING, f"{self._source} {otherwise}")

    def sized(self, longest: int) -> bytes:
        size = int.from_bytes(self.take(2), "big")
        if size > longest:
            raise Refusal(Code.BAD_ENCODING, f"{self._source} has a field of {size} bytes")
        return self.take(size)

    def number(self) -> int:
        return int.from_bytes(self.sized(_NUMBER_BYTES), "big")

    def end(self) -> None:
        if self._left:
            raise Refusal(Code.BAD_ENCODING, f"{self._source} has {len(self._left)} bytes too many")
