"""Signatures of TPMs: ECDSA on P-256 with SHA-256, verified here and nowhere else; all else of ours is Ed25519."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def verifies(point: tuple[int, int], signature: tuple[int, int], statement: bytes) -> bool:
    """Whether the key at this point of the curve signed the statement."""
    try:
        key = EllipticCurvePublicNumbers(*point, SECP256R1()).public_key()
        key.verify(encode_dss_signature(*signature), statement, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True
