"""Answers DHCP for an emulated machine, since QEMU's own answers are fixed: a wire between its card and QEMU's network.

Every frame passes but IPv4 datagrams to port 67, which are answered here (RFC 2131, 2132; UEFI 2.10 section 24.7).
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

DISCOVER, REQUEST = 1, 3
OFFERED = {DISCOVER: 2, REQUEST: 5}
MASK, ROUTER, DNS, LEASE, KIND, SERVER, CLASS, FILE = 1, 3, 6, 51, 53, 54, 60, 67
COOKIE = b"\x63\x82\x53\x63"
_UDP_HEAD, _BOOTP = 14 + 20, 14 + 20 + 8


@dataclass(frozen=True)
class Network:
    """QEMU's user network: its router, and the machine's address in it."""

    router: bytes = bytes((10, 0, 2, 2))
    machine: bytes = bytes((10, 0, 2, 15))
    dns: bytes = bytes((10, 0, 2, 3))


@dataclass
class Wire:
    """The wire. `for_firmware` are the options of answers to a firmware that starts by HTTP, `for_system` of others."""

    for_firmware: Mapping[int, bytes] = field(default_factory=dict)
    for_system: Mapping[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sides = [_listening() for _ in range(2)]
        self._far = [_free_port() for _ in range(2)]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._pass_on)
        self._thread.start()

    def words(self) -> tuple[str, ...]:
        """QEMU's options for it; the card goes to netdev n0."""
        ports = [side.getsockname()[1] for side in self._sides]
        ends = [f"udp=127.0.0.1:{port},localaddr=127.0.0.1:{far}" for port, far in zip(ports, self._far, strict=True)]
        return (
            *("-netdev", "user,id=u0,ipv4=on,ipv6=on", "-netdev", "hubport,id=h0,hubid=0,netdev=u0"),
            *("-netdev", f"socket,id=s0,{ends[1]}", "-netdev", "hubport,id=h1,hubid=0,netdev=s0"),
            *("-netdev", f"socket,id=n0,{ends[0]}"),
        )

    def close(self) -> None:
        """Takes it away."""
        self._stopping.set()
        self._thread.join()
        for side in self._sides:
            side.close()

    def _pass_on(self) -> None:
        with selectors.DefaultSelector() as ready:
            for number, side in enumerate(self._sides):
                ready.register(side, selectors.EVENT_READ, number)
            while not self._stopping.is_set():
                for key, _ in ready.select(0.2):
                    self._frame(key.data)

    def _frame(self, number: int) -> None:
        frame = self._sides[number].recv(65_536)
        answer = self.answer(frame) if number == 0 else None
        if number == 0 and is_request(frame):
            if answer is not None:
                self._sides[0].sendto(answer, ("127.0.0.1", self._far[0]))
            return
        other = 1 - number
        self._sides[other].sendto(frame, ("127.0.0.1", self._far[other]))

    def answer(self, frame: bytes) -> bytes | None:
        """The answer to a request; None when it is none, or asks for a way to boot that is not given here."""
        if not is_request(frame):
            return None
        asked = options_of(frame[_BOOTP:])
        kind = OFFERED.get(asked.get(KIND, b"\0")[0])
        firmware = asked.get(CLASS, b"").startswith(b"HTTPClient")
        if kind is None or asked.get(CLASS, b"").startswith(b"PXEClient"):
            return None
        extra = self.for_firmware if firmware else self.for_system
        if firmware and not extra:
            return None
        return reply(frame, kind, extra)


def is_request(frame: bytes) -> bool:
    """Whether a frame is an IPv4 datagram to port 67."""
    head = frame[12:14] == b"\x08\x00" and frame[14:15] == b"\x45" and frame[23:24] == b"\x11"
    return head and frame[_UDP_HEAD + 2 : _UDP_HEAD + 4] == (67).to_bytes(2, "big")


def options_of(message: bytes) -> dict[int, bytes]:
    """The options of a DHCP message."""
    found, rest = {}, message[240:]
    while rest and rest[0] != 255:
        if rest[0] == 0:
            rest = rest[1:]
            continue
        found[rest[0]] = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :]
    return found


def reply(frame: bytes, kind: int, extra: Mapping[int, bytes], network: Network = Network()) -> bytes:
    """A frame that answers a request with these options."""
    asked = frame[_BOOTP:]
    file = extra.get(FILE, b"")[:127]
    message = struct.pack("!4B4s4s4s4s4s4s16s64s128s", 2, 1, 6, 0, asked[4:8], b"\0\0\x80\0", b"", network.machine,
                          network.router, b"", asked[28:44], b"", file)  # fmt: skip
    options = {KIND: bytes([kind]), SERVER: network.router, LEASE: (86_400).to_bytes(4, "big")}
    options |= {MASK: b"\xff\xff\xff\0", ROUTER: network.router, DNS: network.dns, **extra}
    message += COOKIE + b"".join(bytes([code, len(value)]) + value for code, value in options.items()) + b"\xff"
    message = message.ljust(300, b"\0")
    datagram = struct.pack("!HHHH", 67, 68, 8 + len(message), 0) + message
    address = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0, network.router, b"\xff" * 4)
    address = address[:10] + _checksum(address).to_bytes(2, "big") + address[12:]
    return b"\xff" * 6 + b"\x52\x55\x0a\0\x02\x02" + b"\x08\x00" + address + datagram


def _checksum(head: bytes) -> int:
    total = sum(struct.unpack(f"!{len(head) // 2}H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _listening() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    made.bind(("127.0.0.1", 0))
    return made


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])
