"""A key that says what a TPM would say. Nobody can tell, for nobody asks the maker of the TPM: see docs/adr/0024."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from trust.dsse import encode

_KEY = bytes.fromhex("0023000b00050472000000100018000b00030010")
_REGISTERS = bytes.fromhex("00000001000b03800800")


class Imitation:
    """One "TPM" per number."""

    def __init__(self, number: int = 1) -> None:
        self._key = derive_private_key(number, SECP256R1())
        point = self._key.public_key().public_numbers()
        self.public = _KEY + _number(point.x) + _number(point.y)

    @property
    def key(self) -> str:
        """As the ledger names it."""
        return "sha256:" + hashlib.sha256(self.public).hexdigest()

    def attest(self, challenge: bytes, image: str, checked: str = "0" * 64) -> dict[str, Any]:
        """What goes with a registration: PCR 11 is `image`, PCR 7 `checked`."""
        values = hashlib.sha256(bytes.fromhex(checked) + bytes.fromhex(image)).digest()
        said = bytes.fromhex("ff5443478018") + _sized(b"name") + _sized(challenge) + bytes(25)
        statement = said + _REGISTERS + _sized(values)
        numbers = decode_dss_signature(self._key.sign(statement, ECDSA(SHA256())))
        signature = bytes.fromhex("0018000b") + b"".join(map(_number, numbers))
        signed = {"key": self.public, "statement": statement, "signature": signature}
        return {**{name: encode(data) for name, data in signed.items()}, "pcr7": checked, "pcr11": image}


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _number(number: int) -> bytes:
    return _sized(number.to_bytes(32, "big"))
