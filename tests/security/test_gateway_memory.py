"""Strangers who fill every place of a gateway and hold all they can: it stays within its pod's memory."""

from __future__ import annotations

import contextlib
import resource
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from charts.values.model import Values
from plans.quantity import parse_quantity
from tests.security.gateway import Gateway
from tests.system.node_site import wait_for

pytestmark = pytest.mark.system
KIBIBYTE, MEBIBYTE = 1 << 10, 1 << 20
PLACES = Values().gateway.limits.connections
LIMIT = parse_quantity(Values().gateway.resources.limits.memory, "limits.memory")
STRANGERS = [f"127.0.{network}.1" for network in (2, 3, 4, 5)]
SILENT, UNREAD = PLACES - 24, 160


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """One that is as large as the chart's, and more patient than the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="hpn-") as folder:
        made = Gateway(Path(folder), PLACES, patience=60.0)
        yield made
        made.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def deaf(gateway: Gateway, source: str) -> ssl.SSLSocket:
    """A connection on which little arrives that is not read."""
    bare = socket.socket()
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIBIBYTE)
    bare.bind((source, 0))
    bare.settimeout(10.0)
    bare.connect(("127.0.0.1", gateway.port))
    return gateway.context.wrap_socket(bare, server_hostname="127.0.0.1")


def test_a_thousand_connections_that_never_begin_a_handshake_fit_into_its_memory(gateway: Gateway) -> None:
    before = gateway.memory
    with contextlib.ExitStack() as stack:
        for number in range(SILENT):
            stack.enter_context(gateway.call(STRANGERS[number % 4]))
        wait_for(lambda: gateway.inside == SILENT, "all to have come in", log=gateway.log.read_text)
        assert gateway.memory - before < SILENT * 100 * KIBIBYTE
        assert gateway.memory < LIMIT / 2


def test_answers_that_nobody_reads_fit_into_its_memory(gateway: Gateway) -> None:
    """Of a megabyte each: more than it may have under way by far."""
    before = gateway.memory
    with contextlib.ExitStack() as stack:
        for number in range(UNREAD):
            stack.enter_context(deaf(gateway, STRANGERS[number % 4])).sendall(
                b"GET /v1/trust HTTP/1.1\r\nhost: gateway\r\n\r\n"
            )
        assert gateway.ask(body=b"12345")[0] == 200, "a node of another network is served"
        assert gateway.memory - before < 80 * MEBIBYTE
