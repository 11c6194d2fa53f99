"""Asks a time server how far this clock is off (SNTP, RFC 4330): one packet there, one back."""

from __future__ import annotations

import secrets
import socket
import time

from sal.errors import SalError, UnexpectedOutput, os_errors

PORT = 123
_SINCE_1900 = 2_208_988_800
_ERA = 1 << 32
_BYTES = 48
_VERSION_4_CLIENT, _SERVER = 0x23, 4
_UNSYNCHRONISED = 3


def request(token: bytes) -> bytes:
    """A question, version 4; `token` are 8 bytes that only the answer to it repeats."""
    return bytes([_VERSION_4_CLIENT]).ljust(_BYTES - len(token), b"\0") + token


def parse(answer: bytes, token: bytes, sent: float, received: float) -> float:
    """Seconds to add to the clock that said `sent` and `received`. Raises UnexpectedOutput for what is no answer."""
    if len(answer) < _BYTES or answer[24:32] != token:
        raise UnexpectedOutput("the time server answered another question")
    first, stratum = answer[0], answer[1]
    if first & 7 != _SERVER or first >> 6 == _UNSYNCHRONISED or not 1 <= stratum <= 15:
        raise UnexpectedOutput("the time server does not know the time itself")
    arrived, left = (_seconds(answer[at : at + 8]) for at in (32, 40))
    return ((arrived - sent) + (left - received)) / 2


def _seconds(stamp: bytes) -> float:
    """Seconds since 1970. The 32 bits begin anew in 2036: of all times that they may mean, one after 1968."""
    whole, fraction = int.from_bytes(stamp[:4], "big"), int.from_bytes(stamp[4:], "big")
    if whole == 0:
        raise UnexpectedOutput("the time server gave no time")
    return whole - _SINCE_1900 + (0 if whole & 0x8000_0000 else _ERA) + fraction / _ERA


def ask(server: str, timeout_seconds: float, port: int = PORT) -> float:
    """Seconds to add to this clock. Raises SalError when there is no answer in time, or none that counts."""
    token = secrets.token_bytes(8)
    with os_errors(f"time server {server}"):
        family, kind, protocol, _, address = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asking:
            asking.settimeout(timeout_seconds)
            asking.connect(address)
            sent = time.time()
            asking.send(request(token))
            try:
                answer = asking.recv(512)
            except TimeoutError:
                raise SalError(f"time server {server} does not answer") from None
            return parse(answer, token, sent, time.time())
