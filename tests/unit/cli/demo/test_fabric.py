"""The router between the demo's booted nodes: it says who it is, and passes on what is for machines."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address

import pytest

from cli.demo.fabric import answer, card, onward, readdressed

ROUTER = "fe80::1"
NODE = "fe80::5054:ff:fe68:7001"
HERE, THERE = "4f2:aa:bb:cc::10", "51a:1:2:3::20"


def _frame(source: str, target: str, body: bytes, following: int = 58) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(body), following, 255)
    addresses = IPv6Address(source).packed + IPv6Address(target).packed
    return bytes.fromhex("3333ff000001") + card(1) + b"\x86\xdd" + head + addresses + body


def _solicitation(asked: str) -> bytes:
    return _frame(
        NODE, "ff02::1:ff00:1", bytes.fromhex("8700000000000000") + IPv6Address(asked).packed + b"\1\1" + card(1)
    )


def _sum(frame: bytes) -> int:
    """The Internet checksum over pseudo header and body: 0xFFFF when it is right."""
    body = frame[54:]
    words = frame[22:54] + struct.pack("!II", len(body), 58) + body
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    return (total & 0xFFFF) + (total >> 16)


def test_who_asks_for_the_router_is_told_its_card_with_a_right_checksum() -> None:
    told = answer(_solicitation(ROUTER))
    assert told is not None
    assert told[:6] == card(1)
    assert IPv6Address(told[38:54]) == IPv6Address(NODE)
    assert (told[54], IPv6Address(told[62:78]), told[80:86]) == (136, IPv6Address(ROUTER), told[6:12])
    assert _sum(told) == 0xFFFF


@pytest.mark.parametrize(
    "frame",
    [
        _solicitation("fe80::2"),
        _frame(HERE, THERE, b"\x80" + bytes(40)),
        _solicitation(ROUTER)[:70],
        b"\xff" * 12 + b"\x08\x06" + bytes(80),
        b"",
    ],
    ids=["another", "echo", "cut off", "ARP", "empty"],
)
def test_nothing_else_is_answered(frame: bytes) -> None:
    assert answer(frame) is None


@pytest.mark.parametrize(
    ("frame", "goes"),
    [
        (_frame(HERE, THERE, bytes(8), 17), True),
        (_frame(NODE, "ff02::2", bytes(8)), False),
        (_frame(HERE, "2001:db8::1", bytes(8)), False),
        (_frame(HERE, THERE, b"", 17)[:50], False),
    ],
)
def test_only_what_is_for_machines_goes_on(frame: bytes, goes: bool) -> None:
    assert onward(frame) is goes


def test_a_frame_goes_on_under_the_card_of_its_node() -> None:
    frame = _frame(HERE, THERE, b"for a machine", 17)
    sent = readdressed(frame, 2)
    assert (sent[:6], sent[12:]) == (card(2), frame[12:])
