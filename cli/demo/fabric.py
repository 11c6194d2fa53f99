"""Stands in for the overlay between the demo's booted nodes: one router, which they all reach and which knows no node.

QEMU sends each frame of a card as a datagram (`-netdev dgram`). What is meant for the overlay goes to every other node,
and each drops what is not for a machine of its own: so nobody has to learn who is where.
"""

from __future__ import annotations

import selectors
import socket
import struct
import sys
from contextlib import suppress
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

MOST_NODES = 9
ROUTER = IPv6Address("fe80::1")
OVERLAY = IPv6Network("400::/7")
LINK = "eth1"
_ROUTER_CARD = bytes.fromhex("026870000001")
_LARGEST = 65_536
_ADDRESSES, _BODY = 22, 54
_IPV6, _ICMPV6, _SOLICITATION, _ADVERTISEMENT = b"\x86\xdd", 58, 135, 136
_ROUTER_SOLICITED_OVERRIDE = 0xE000_0000


def card(number: int) -> bytes:
    """The hardware address of a node's card on the fabric."""
    return bytes.fromhex("5254006870") + bytes([number])


def ours(folder: Path, number: int) -> Path:
    """The socket that a node's frames come to."""
    return folder / f"fabric-{number}"


def theirs(folder: Path, number: int) -> Path:
    """The socket that a node's frames go to."""
    return folder / f"fabric-{number}.node"


def onward(frame: bytes) -> bool:
    """Whether a frame is for the overlay. Pure."""
    if frame[12:14] != _IPV6 or len(frame) < _BODY:
        return False
    return IPv6Address(frame[_ADDRESSES + 16 : _BODY]) in OVERLAY


def readdressed(frame: bytes, number: int) -> bytes:
    """The frame as the router sends it to a node. Pure."""
    return card(number) + _ROUTER_CARD + frame[12:]


def answer(frame: bytes) -> bytes | None:
    """The neighbour advertisement, when a node asks who the router is (RFC 4861, 7.2.4). Pure."""
    asked = frame[12:14] == _IPV6 and len(frame) >= _BODY + 24 and frame[20] == _ICMPV6
    if not asked or frame[_BODY] != _SOLICITATION or frame[_BODY + 8 : _BODY + 24] != ROUTER.packed:
        return None
    asker = frame[_ADDRESSES : _ADDRESSES + 16]
    option = b"\x02\x01" + _ROUTER_CARD
    body = struct.pack("!BBHI", _ADVERTISEMENT, 0, 0, _ROUTER_SOLICITED_OVERRIDE) + ROUTER.packed + option
    sums = _checksum(ROUTER.packed + asker + struct.pack("!II", len(body), _ICMPV6) + body)
    body = body[:2] + struct.pack("!H", sums) + body[4:]
    head = struct.pack("!IHBB", 6 << 28, len(body), _ICMPV6, 255) + ROUTER.packed + asker
    return frame[6:12] + _ROUTER_CARD + _IPV6 + head + body


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


class Fabric:
    """The router at work, over sockets in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {number: self._port(number) for number in range(1, MOST_NODES + 1)}

    def serve(self) -> None:
        """Goes on for good."""
        with selectors.DefaultSelector() as selector:
            for number, port in self._ports.items():
                selector.register(port, selectors.EVENT_READ, number)
            while True:
                for key, _ in selector.select():
                    self.take(int(key.data))

    def take(self, number: int) -> None:
        """One frame of a node."""
        frame = self._ports[number].recv(_LARGEST)
        if (told := answer(frame)) is not None:
            self._send(number, told)
        elif onward(frame):
            for other in self._ports.keys() - {number}:
                self._send(other, readdressed(frame, other))

    def close(self) -> None:
        """Lets go of the sockets."""
        for port in self._ports.values():
            port.close()

    def _send(self, number: int, frame: bytes) -> None:
        """A node that is off or does not keep up loses frames, as on a cable."""
        with suppress(OSError):
            self._ports[number].sendto(frame, str(theirs(self._folder, number)))

    def _port(self, number: int) -> socket.socket:
        port = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        port.setblocking(False)
        path = ours(self._folder, number)
        path.unlink(missing_ok=True)
        port.bind(str(path))
        return port


if __name__ == "__main__":
    Fabric(Path(sys.argv[1])).serve()
