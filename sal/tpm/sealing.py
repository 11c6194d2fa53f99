"""A secret that the TPM gives out only while one register holds one of a few values.

A policy is a digest that the TPM computes again when it is asked to open (part 3, PolicyPCR and PolicyOR).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sal.errors import SalError
from sal.tpm import registers
from sal.tpm.chip import PASSWORD, Command, Tpm, TpmRefused
from sal.tpm.objects import FIXED, creation, storage_key
from sal.tpm.wire import NOTHING, SHA256, digests, selection, sized, u16, u32

MOST_VALUES = 8
_CREATE, _LOAD, _UNSEAL, _START_SESSION = 0x153, 0x157, 0x15E, 0x176
_POLICY_OR, _POLICY_PCR = 0x171, 0x17F
_KEYED_HASH, _POLICY_SESSION, _NO_KEY = 0x0008, b"\x01", 0x4000_0007
_POLICY_FAILED, _INTEGRITY = 0x9D, 0x9F
_NONCE = sized(bytes(16))


class OtherState(SalError):
    """The register holds none of the values that the secret was sealed to."""


class OtherTpm(SalError):
    """The secret was sealed by another TPM, or before this one was cleared."""


@dataclass(frozen=True)
class Sealed:
    """A secret as it is kept outside. `register` must hold one of `values`, at most eight of 32 bytes."""

    register: int
    values: tuple[bytes, ...]
    public: bytes
    private: bytes


def seal(tpm: Tpm, secret: bytes, register: int, values: Sequence[bytes]) -> Sealed:
    """Seals at most 128 bytes; only this TPM opens them. Raises SalError."""
    chosen = tuple(dict.fromkeys(values))[:MOST_VALUES]
    template = u16(_KEYED_HASH) + u16(SHA256) + u32(FIXED) + sized(policy(register, chosen))
    template += u16(NOTHING) + sized(b"")
    with storage_key(tpm) as parent:
        body = creation(sized(b"") + sized(secret), template)
        answer = tpm.call(Command(_CREATE, body, on=parent, session=PASSWORD))
    private = answer.sized()
    return Sealed(register, chosen, answer.sized(), private)


def unseal(tpm: Tpm, sealed: Sealed) -> bytes:
    """The secret. Raises OtherState, OtherTpm, and SalError where the TPM fails."""
    now = registers.read(tpm, sealed.register)
    if now not in sealed.values:
        raise OtherState(f"PCR {sealed.register} is {now.hex()}, which the secret was not sealed to")
    load = sized(sealed.private) + sized(sealed.public)
    try:
        with storage_key(tpm) as parent, tpm.loaded(Command(_LOAD, load, on=parent, session=PASSWORD)) as (item, _):
            return _opened(tpm, item, sealed)
    except TpmRefused as refused:
        if refused.code == _INTEGRITY:
            raise OtherTpm(f"this TPM did not seal it: {refused}") from None
        if refused.code == _POLICY_FAILED:
            raise OtherState(f"the TPM does not open it now: {refused}") from None
        raise


def _opened(tpm: Tpm, item: int, sealed: Sealed) -> bytes:
    start = u32(_NO_KEY) + u32(_NO_KEY) + _NONCE + sized(b"") + _POLICY_SESSION + u16(NOTHING) + u16(SHA256)
    with tpm.loaded(Command(_START_SESSION, start)) as (session, _):
        tpm.call(Command(_POLICY_PCR, sized(b"") + selection([sealed.register]), on=session))
        if len(sealed.values) > 1:
            branches = digests([_branch(sealed.register, each) for each in sealed.values])
            tpm.call(Command(_POLICY_OR, branches, on=session))
        return tpm.call(Command(_UNSEAL, on=item, session=session)).sized()


def policy(register: int, values: Sequence[bytes]) -> bytes:
    """The digest of: this register holds one of these values. Pure."""
    branches = [_branch(register, each) for each in values]
    if len(branches) == 1:
        return branches[0]
    return hashlib.sha256(bytes(32) + u32(_POLICY_OR) + b"".join(branches)).digest()


def _branch(register: int, value: bytes) -> bytes:
    words = bytes(32) + u32(_POLICY_PCR) + selection([register]) + registers.digest([value])
    return hashlib.sha256(words).digest()
