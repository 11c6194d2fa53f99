"""The two keys that a TPM makes anew from its own seeds whenever it is asked, the same each time: nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sal.tpm.chip import PASSWORD, Command, Tpm
from sal.tpm.wire import NOTHING, SHA256, sized, u16, u32

CREATE_PRIMARY = 0x131
OWNER, ENDORSEMENT = 0x4000_0001, 0x4000_000B
_ECC, _P256, _AES, _CFB, _ECDSA = 0x0023, 0x0003, 0x0006, 0x0043, 0x0018
_FIXED_TPM, _FIXED_PARENT, _OWN_RANDOMNESS, _BY_AUTH = 1 << 1, 1 << 4, 1 << 5, 1 << 6
_NO_LOCKOUT, _RESTRICTED, _DECRYPT, _SIGN = 1 << 10, 1 << 16, 1 << 17, 1 << 18
_KEY = _FIXED_TPM | _FIXED_PARENT | _OWN_RANDOMNESS | _BY_AUTH | _NO_LOCKOUT | _RESTRICTED
FIXED = _FIXED_TPM | _FIXED_PARENT | _NO_LOCKOUT
NOBODY = sized(b"") + sized(b"")

# A key on the curve P-256 under which secrets are kept (TCG, EK credential profile, template H-2, for storage).
_STORAGE = u16(_AES) + u16(128) + u16(_CFB) + u16(NOTHING)
# A key that signs only what the TPM itself put together: restricted, ECDSA with SHA-256.
_ATTESTATION = u16(NOTHING) + u16(_ECDSA) + u16(SHA256)


def _key(use: int, scheme: bytes) -> bytes:
    head = u16(_ECC) + u16(SHA256) + u32(_KEY | use) + sized(b"")
    return head + scheme + u16(_P256) + u16(NOTHING) + sized(b"") + sized(b"")


STORAGE_KEY = _key(_DECRYPT, _STORAGE)
ATTESTATION_KEY = _key(_SIGN, _ATTESTATION)


@contextmanager
def storage_key(tpm: Tpm) -> Iterator[int]:
    """The key under which secrets are sealed; another one after the TPM was cleared."""
    with tpm.loaded(_primary(OWNER, STORAGE_KEY)) as (handle, _):
        yield handle


@contextmanager
def attestation_key(tpm: Tpm) -> Iterator[tuple[int, bytes]]:
    """The key that signs quotes, with its public area (TPMT_PUBLIC); the same for the chip's whole life."""
    with tpm.loaded(_primary(ENDORSEMENT, ATTESTATION_KEY)) as (handle, answer):
        yield handle, answer.sized()


def _primary(hierarchy: int, template: bytes) -> Command:
    body = creation(NOBODY, template)
    return Command(CREATE_PRIMARY, body, on=hierarchy, session=PASSWORD)


def creation(sensitive: bytes, template: bytes) -> bytes:
    """What CreatePrimary and Create take: authorisation and data, public area, no outside data, no registers."""
    return sized(sensitive) + sized(template) + sized(b"") + u32(0)
