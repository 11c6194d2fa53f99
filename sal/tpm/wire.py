"""Numbers and sized fields as a TPM writes them: big-endian, nothing between them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sal.errors import UnexpectedOutput

SHA256 = 0x000B
NOTHING = 0x0010
_BITMAP_BYTES = 3


def u16(number: int) -> bytes:
    """Two bytes."""
    return struct.pack(">H", number)


def u32(number: int) -> bytes:
    """Four bytes."""
    return struct.pack(">I", number)


def sized(data: bytes) -> bytes:
    """A TPM2B: two bytes of length, then the bytes."""
    return u16(len(data)) + data


def selection(registers: Sequence[int]) -> bytes:
    """A TPML_PCR_SELECTION of registers below 24 in the SHA-256 bank."""
    bits = sum(1 << each for each in set(registers))
    return u32(1) + u16(SHA256) + bytes([_BITMAP_BYTES]) + bits.to_bytes(_BITMAP_BYTES, "little")


def digests(values: Sequence[bytes]) -> bytes:
    """A TPML_DIGEST."""
    return u32(len(values)) + b"".join(map(sized, values))


class Reader:
    """Reads an answer from its beginning. Every method raises UnexpectedOutput when it is cut short."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > len(self._left):
            raise UnexpectedOutput("the TPM's answer is cut short")
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def number(self, size: int) -> int:
        """The next number of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def sized(self) -> bytes:
        """The next TPM2B."""
        return self.take(self.number(2))

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._left))
