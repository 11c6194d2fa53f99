"""Fetching over real TLS: what arrives, what is followed, and servers that lie, drip or break off."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from sal.errors import Busy, Refused
from sal.fetch import MOST_REDIRECTS, fetch
from tests.system.https_server import NAME, HttpsServer, Page, https_server

pytestmark = pytest.mark.system
BODY = os.urandom(3 << 20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    with https_server(tmp_path) as made:
        yield made


def here(host: str, port: int) -> tuple[str, ...]:
    """Finds every public name on the loopback, as a resolver that was satisfied."""
    if host != NAME:
        raise Refused(f"{host} is not public")
    return ("127.0.0.1",)


def get(server: HttpsServer, path: str, seconds: float = 30.0) -> bytes:
    """The whole body."""
    return b"".join(fetch(server.url(path), server.context, resolver=here, seconds=seconds))


def says(body: bytes, status: int = 200, length: int | None = None, **headers: str) -> Page:
    """A page that answers with a body and perhaps another length than it has."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


def test_a_body_arrives_whole_with_its_query(server: HttpsServer) -> None:
    server.pages["/a.raw?v=1"] = says(BODY)
    assert get(server, "/a.raw?v=1#fragment") == BODY


def test_redirects_are_followed(server: HttpsServer) -> None:
    server.pages |= {
        "/a": says(b"", 302, Location="/b"),
        "/b": says(b"", 307, Location=server.url("/c")),
        "/c": says(BODY),
    }
    assert get(server, "/a") == BODY
    assert server.asked == ["/a", "/b", "/c"]


@pytest.mark.parametrize("target", ["https://metadata.internal/x", "http://images.example/x", "file:///etc/passwd"])
def test_a_redirect_is_checked_as_the_first_address_was(server: HttpsServer, target: str) -> None:
    server.pages["/a"] = says(b"", 301, Location=target)
    with pytest.raises(Refused, match=r"is not public|is no https URL"):
        get(server, "/a")


def test_redirects_without_end_are_refused(server: HttpsServer) -> None:
    server.pages["/a"] = says(b"", 302, Location="/a")
    with pytest.raises(Refused, match=f"more than {MOST_REDIRECTS} redirects"):
        get(server, "/a")
    assert len(server.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize("status", [404, 500, 206])
def test_another_status_may_be_tried_later(server: HttpsServer, status: int) -> None:
    server.pages["/a"] = says(b"no", status)
    with pytest.raises(Busy, match=f"answers {status}"):
        get(server, "/a")


def test_a_body_that_breaks_off_may_be_tried_later(server: HttpsServer) -> None:
    server.pages["/a"] = says(b"half", length=8)
    with pytest.raises(Busy, match="broke off 4 bytes before its end"):
        get(server, "/a")


def test_a_server_that_drips_does_not_outlive_the_deadline(server: HttpsServer) -> None:
    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    server.pages["/a"] = drips
    begun = time.monotonic()
    with pytest.raises(Busy, match="takes too long"):
        get(server, "/a", seconds=0.3)
    assert time.monotonic() - begun < 3.0


def test_an_answer_that_is_not_http_may_be_tried_later(server: HttpsServer) -> None:
    def greets(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"hello\r\n")

    server.pages["/a"] = greets
    with pytest.raises(Busy, match="cannot be fetched"):
        get(server, "/a")


def test_a_certificate_that_nobody_vouches_for_is_not_believed(server: HttpsServer) -> None:
    server.pages["/a"] = says(BODY)
    with pytest.raises(Busy, match="certificate verify failed"):
        list(fetch(server.url("/a"), resolver=here))
    assert server.asked == []


def test_a_certificate_of_another_name_is_not_believed(server: HttpsServer) -> None:
    with pytest.raises(Busy, match="certificate verify failed"):
        list(fetch(server.url("/a", "other.example"), server.context, resolver=lambda *_: ("127.0.0.1",)))


def test_the_next_address_is_tried_when_one_does_not_answer(server: HttpsServer) -> None:
    server.pages["/a"] = says(BODY)
    both = ("127.0.0.2", "127.0.0.1")
    assert b"".join(fetch(server.url("/a"), server.context, resolver=lambda *_: both)) == BODY


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_no_spelling_of_the_loopback_reaches_a_server_on_it(server: HttpsServer, host: str) -> None:
    server.pages["/a"] = says(BODY)
    with pytest.raises(Refused, match="images come from public hosts only"):
        list(fetch(server.url("/a", host), server.context))
    assert server.asked == []
