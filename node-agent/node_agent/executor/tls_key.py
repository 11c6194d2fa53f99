"""The node's TLS key in the form that TLS libraries read."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trust.keys import SigningKey


def to_pem(key: SigningKey) -> str:
    """PKCS #8, not encrypted."""
    return (
        Ed25519PrivateKey.from_private_bytes(key.seed)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )
