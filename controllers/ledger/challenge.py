"""Nonces for registrations: no memory per stranger, one use each, a minute of life."""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable

from trust.dsse import decode, encode
from trust.errors import Code, Refusal

LIFE_SECONDS = 60
USED_KEPT = 20_000


class Challenges:
    """Gives and checks nonces. `clock` is monotonic seconds; `key` is this process's own secret."""

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        self._key, self._clock = key, clock
        self._used: dict[bytes, None] = {}

    def make(self, node: str) -> str:
        """A nonce for this node, base64."""
        stamp = struct.pack(">Q", int(self._clock()))
        return encode(stamp + self._code(stamp, node))

    def use(self, node: str, nonce: str) -> int:
        """Accepts a nonce once; returns when it was given. Raises Refusal(Expired)."""
        data = decode(nonce)
        stamp = data[:8]
        if len(stamp) < 8 or not hmac.compare_digest(data[8:], self._code(stamp, node)):
            raise Refusal(Code.EXPIRED, "the challenge was not given by this ledger: ask for a new one")
        given: int = struct.unpack(">Q", stamp)[0]
        if self._clock() - given > LIFE_SECONDS or data in self._used:
            raise Refusal(Code.EXPIRED, "the challenge is used or older than a minute: ask for a new one")
        self._used[data] = None
        while len(self._used) > USED_KEPT:
            del self._used[next(iter(self._used))]
        return given

    def _code(self, stamp: bytes, node: str) -> bytes:
        return hmac.new(self._key, stamp + node.encode(), hashlib.sha256).digest()
