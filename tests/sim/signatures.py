"""Ed25519 with a memory: a signature is a constant of key and bytes, so what was signed here is not verified anew.

Whatever was not signed here, or with other bytes, is verified by libsodium as for real.
"""

from __future__ import annotations

from typing import Any

import nacl.signing
from nacl.signing import SignedMessage

MOST_REMEMBERED = 20_000
_MADE: dict[tuple[bytes, bytes], SignedMessage] = {}


class RememberedSigningKey(nacl.signing.SigningKey):
    """See nacl.signing.SigningKey."""

    def sign(self, message: bytes, *_: Any) -> SignedMessage:  # type: ignore[override]
        """A signature that is made once."""
        about = (bytes(self.verify_key), message)
        signed = _MADE.get(about)
        if signed is None:
            if len(_MADE) >= MOST_REMEMBERED:
                _MADE.clear()
            signed = _MADE[about] = super().sign(message)
        return signed


class RememberedVerifyKey(nacl.signing.VerifyKey):
    """See nacl.signing.VerifyKey."""

    def verify(self, smessage: bytes, signature: bytes | None = None, *_: Any) -> bytes:  # type: ignore[override]
        """The message, when the signature is the one that was made, or a right one."""
        made = _MADE.get((bytes(self), smessage))
        if made is not None and made.signature == signature:
            return smessage
        return super().verify(smessage, signature)
