"""Oversized, slow and many requests to a real gateway over TLS: a stranger is turned away, and a node is served."""

from __future__ import annotations

import json
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.security.gateway import CONNECTIONS, NODE, PATIENCE, Gateway, many

pytestmark = pytest.mark.system
MIB = 1 << 20
SOON = 8 * PATIENCE
HEAD = b"POST /v1/nodes/register HTTP/1.1\r\nhost: gateway\r\n"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """One gateway for all: what one attack did must not be felt by the next."""
    with tempfile.TemporaryDirectory(prefix="hpn-") as folder:
        made = Gateway(Path(folder))
        yield made
        made.close()


def seconds_until_closed(connection: socket.socket, drip: Callable[[], bytes] = bytes) -> float:
    """How long the gateway keeps a connection on which only `drip` comes now and then."""
    began = time.monotonic()
    connection.settimeout(0.2)
    while time.monotonic() - began < 30:
        try:
            if drip():
                connection.sendall(drip())
            if not connection.recv(65_536):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


def served(gateway: Gateway) -> bool:
    """Whether a node gets its answer."""
    status, body = gateway.ask(body=b"12345")
    return status == 200 and json.loads(body) == {"bytes": 5}


def test_connections_that_say_nothing_keep_no_node_out(gateway: Gateway) -> None:
    with many(2 * CONNECTIONS, gateway, secure=True):
        assert served(gateway), "while a stranger holds all that he is given"
    assert gateway.refused("connection", "TooManyConnections") > 0


def test_a_handshake_that_does_not_begin_is_not_waited_for(gateway: Gateway) -> None:
    with many(CONNECTIONS, gateway, secure=False) as opened:
        assert served(gateway)
        assert seconds_until_closed(opened[0]) < SOON


def test_connections_that_begin_no_handshake_are_counted_all_the_same(gateway: Gateway) -> None:
    before = gateway.refused("connection", "TooManyConnections")
    with many(2 * CONNECTIONS, gateway, secure=False):
        assert served(gateway), "while a stranger holds all that he is given"
        assert gateway.inside <= CONNECTIONS // 2
    assert gateway.refused("connection", "TooManyConnections") - before > CONNECTIONS


def test_a_node_that_was_answered_has_no_place_until_it_asks_again(gateway: Gateway) -> None:
    with gateway.call_securely(NODE) as node:
        node.sendall(HEAD + b"content-length: 2\r\n\r\n{}")
        assert b"200 OK" in node.recv(65_536)
        end = time.monotonic() + 20 * PATIENCE
        while gateway.inside:
            assert time.monotonic() < end, f"{gateway.inside} connections are held"
            time.sleep(0.1)
        assert time.monotonic() < end - 15 * PATIENCE


def test_who_says_nothing_after_the_handshake_is_not_waited_for(gateway: Gateway) -> None:
    with gateway.call_securely() as silent:
        assert seconds_until_closed(silent) < SOON


def test_a_head_that_drips_is_cut_off_however_long_it_goes_on(gateway: Gateway) -> None:
    before = gateway.refused("connection", "TooSlow")
    with gateway.call_securely() as slow:
        slow.sendall(HEAD)
        assert PATIENCE / 2 < seconds_until_closed(slow, lambda: b"x") < SOON
    assert gateway.refused("connection", "TooSlow") == before + 1


def test_a_second_request_on_a_connection_wins_no_more_time_than_the_first(gateway: Gateway) -> None:
    with gateway.call_securely() as slow:
        slow.sendall(HEAD + b"content-length: 2\r\n\r\n{}")
        assert b"200 OK" in slow.recv(65_536)
        slow.sendall(HEAD)
        assert seconds_until_closed(slow, lambda: b"x") < SOON


def test_a_body_that_drips_is_answered_and_then_no_longer_listened_to(gateway: Gateway) -> None:
    with gateway.call_securely() as slow:
        slow.sendall(HEAD + b"content-length: 20000\r\n\r\n")
        answer = b""
        began = time.monotonic()
        slow.settimeout(0.2)
        while b"TooSlow" not in answer and time.monotonic() - began < SOON:
            slow.sendall(b"x")
            try:
                answer += slow.recv(65_536)
            except TimeoutError:
                continue
        assert b" 408 " in answer
        assert seconds_until_closed(slow, lambda: b"x") < SOON
    assert gateway.refused("request", "TooSlow") >= 1


@pytest.mark.parametrize("head", [b"content-length: 1000000000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n"])
def test_a_body_beyond_all_measure_costs_no_memory(gateway: Gateway, head: bytes) -> None:
    assert served(gateway)
    before, sent = gateway.memory, 0
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with gateway.call_securely() as large:
        large.sendall(HEAD + head)
        try:
            while sent < 64 * MIB:
                large.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
    assert sent < 16 * MIB, "what was refused is read no further"
    assert gateway.memory - before < 8 * MIB
    assert gateway.refused("request", "TooLarge") >= 1
    assert served(gateway)


def test_a_head_beyond_all_measure_is_refused(gateway: Gateway) -> None:
    before = gateway.memory
    with gateway.call_securely() as large:
        try:
            large.sendall(HEAD + b"x: " + b"y" * (4 * MIB))
            answer = large.recv(65_536)
        except OSError:
            answer = b""
    assert not answer or b" 400 " in answer
    assert gateway.memory - before < 4 * MIB


def test_who_does_not_read_the_answers_is_not_waited_for(gateway: Gateway) -> None:
    with gateway.call() as bare:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with gateway.context.wrap_socket(bare, server_hostname="127.0.0.1") as deaf:
            deaf.sendall(b"GET /v1/trust HTTP/1.1\r\nhost: gateway\r\n\r\n" * 16)
            before = gateway.refused("connection", "TooSlow")
            end = time.monotonic() + 40 * PATIENCE
            while gateway.refused("connection", "TooSlow") == before:
                assert time.monotonic() < end, "the connection is still there"
                time.sleep(0.5)


def test_nonsense_a_thousand_times_fills_no_log(gateway: Gateway) -> None:
    before = gateway.log.stat().st_size
    for _ in range(300):
        with gateway.call() as bare:
            bare.sendall(b"\x1b[2J nonsense instead of a handshake\r\n\r\n")
    for _ in range(100):
        try:
            with gateway.call_securely() as each:
                each.sendall(b"\x1b[2J / HTTP/9\r\n\r\n")
                each.recv(1)
        except (OSError, ssl.SSLError):
            continue
    assert served(gateway)
    grown = gateway.log.read_text()[before:]
    assert len(grown) < 5_000, grown[:2000]
    assert "\x1b" not in grown


def test_what_is_in_no_table_is_refused_with_a_reason_and_counted(gateway: Gateway) -> None:
    status, body = gateway.ask("/v1/nodes/approve")
    assert (status, json.loads(body)["reason"]) == (404, "NotFound")
    assert gateway.refused("request", "NotFound") >= 1


def test_when_all_is_over_nothing_is_held(gateway: Gateway) -> None:
    end = time.monotonic() + 40 * PATIENCE
    while gateway.descriptors > 30:
        assert time.monotonic() < end, f"{gateway.descriptors} descriptors are open"
        time.sleep(0.5)
    assert served(gateway)
