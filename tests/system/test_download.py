"""A download goes on where it broke off, believes no certificate, and says what is wrong with a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sal.download import Piece, download
from sal.errors import Busy, Refused

pytestmark = pytest.mark.system
DATA = bytes(range(256)) * 1000


class Server(BaseHTTPRequestHandler):
    """Gives DATA by path: `/whole` knows no parts, `/parts` does, `/short` ends early, `/elsewhere` redirects."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        if self.path == "/elsewhere":
            self._head(302, 0, Location="/parts")
        elif self.path == "/nothing":
            self._head(404, 0)
        elif self.path == "/parts" and start >= len(DATA):
            self._head(416, 0)
        elif self.path == "/parts" and start:
            self._head(206, len(DATA) - start)
            self.wfile.write(DATA[start:])
        else:
            self._head(200, len(DATA))
            self.wfile.write(DATA[: 1000 if self.path == "/short" else None])
            self.close_connection = True

    def _head(self, code: int, length: int, **more: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(length), **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def joined(pieces: Iterator[Piece], kept: bytes = b"") -> bytes:
    """What a file holds afterwards."""
    file = bytearray(kept)
    for piece in pieces:
        file[piece.start : piece.start + len(piece.data)] = piece.data
    return bytes(file)


@pytest.mark.parametrize("path", ["/whole", "/parts", "/elsewhere"])
def test_a_file_comes_whole(url: str, path: str) -> None:
    assert joined(download(url + path)) == DATA


@pytest.mark.parametrize("path", ["/whole", "/parts"])
def test_what_is_there_already_is_not_asked_for_again_where_the_server_can(url: str, path: str) -> None:
    pieces = list(download(url + path, have=5000))
    assert pieces[0].start == (5000 if path == "/parts" else 0)
    assert joined(iter(pieces), DATA[:5000]) == DATA


@pytest.mark.parametrize(
    ("path", "have", "error", "says"),
    [
        ("/short", 0, Busy, "bytes before its end"),
        ("/nothing", 0, Busy, "answers 404"),
        ("/parts", len(DATA), Refused, "is not longer than"),
    ],
)
def test_what_is_wrong_with_it_is_named(url: str, path: str, have: int, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        list(download(url + path, have))


def test_a_server_that_is_away_is_named() -> None:
    with pytest.raises(Busy, match="cannot be fetched"):
        list(download("http://127.0.0.1:1/image"))


@pytest.mark.parametrize("other", ["file:///etc/passwd", "ftp://127.0.0.1/x", "nonsense"])
def test_no_other_scheme_is_followed(other: str) -> None:
    with pytest.raises(Busy):
        list(download(other))


def test_a_download_ends_when_its_time_is_over(url: str) -> None:
    with pytest.raises(Busy, match="takes too long"):
        list(download(url + "/whole", seconds=-1.0))
