"""The registers in which firmware and stub note what was started: SHA-256 bank only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sal.errors import UnexpectedOutput
from sal.tpm.chip import Command, Tpm
from sal.tpm.wire import selection

# 7: whether Secure Boot is on, its keys, and whose signature let the image start. 11: the parts of the image itself.
SECURE_BOOT, IMAGE = 7, 11
_PCR_READ = 0x17E
_VALUE_BYTES = 32


def read(tpm: Tpm, register: int) -> bytes:
    """What a register holds. Raises UnexpectedOutput when the TPM keeps no SHA-256 bank."""
    answer = tpm.call(Command(_PCR_READ, selection([register])))
    answer.take(4)
    chosen = answer.take(len(selection([register])))
    if chosen != selection([register]) or answer.number(4) != 1:
        raise UnexpectedOutput("the TPM keeps no SHA-256 bank: switch it on in the firmware's setup")
    value = answer.sized()
    if len(value) != _VALUE_BYTES:
        raise UnexpectedOutput(f"PCR {register} has {len(value)} bytes")
    return value


def digest(values: Sequence[bytes]) -> bytes:
    """How a TPM says several values in one."""
    return hashlib.sha256(b"".join(values)).digest()
