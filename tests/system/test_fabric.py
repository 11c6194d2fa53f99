"""The router between the demo's booted nodes, at work over its sockets."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from cli.demo.fabric import Fabric, ours, readdressed, theirs

# UDP over IPv6 from a machine to one of another node; only the head counts.
FRAME = bytes.fromhex(
    "026870000001525400687001 86dd 6000000000081140"
    "04f200aa00bb00cc0000000000000010 051a0001000200030000000000000020 1f90005000080000"
)


def _node(folder: Path, number: int) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(str(theirs(folder, number)))
    made.settimeout(2)
    return made


def test_a_frame_reaches_every_other_node_that_is_on_and_not_its_sender(tmp_path: Path) -> None:
    with ExitStack() as stack:
        fabric = stack.enter_context(closing(Fabric(tmp_path)))
        nodes = {number: stack.enter_context(closing(_node(tmp_path, number))) for number in (1, 2, 3)}
        nodes[1].sendto(FRAME, str(ours(tmp_path, 1)))
        fabric.take(1)
        for number in (2, 3):
            assert nodes[number].recv(2_000) == readdressed(FRAME, number)
        nodes[1].setblocking(False)
        with pytest.raises(BlockingIOError):
            nodes[1].recv(2_000)
