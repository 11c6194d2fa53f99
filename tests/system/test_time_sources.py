"""Who tells a machine the time: the control plane by a certificate of the pinned CA, whatever its dates, and SNTP."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from node_agent.boot.clock_rules import Hand
from node_agent.boot.time_sources import ask
from tests.system.node_site import HERE, Authority

pytestmark = pytest.mark.system
LONG_AGO = "Wed, 01 Jan 2020 00:00:00 GMT"


class Handler(BaseHTTPRequestHandler):
    """Answers with a date of its own."""

    def do_HEAD(self) -> None:
        self.send_response_only(405)
        self.send_header("date", LONG_AGO)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Callable[[Authority, int], str]]:
    """Starts a gateway with a certificate of this authority, valid from so many days ahead."""
    servers: list[ThreadingHTTPServer] = []

    def start(authority: Authority, days_ahead: int) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.pair(tmp_path, "gateway", days_ahead))
        servers.append(ThreadingHTTPServer((HERE, 0), Handler))
        servers[-1].socket = context.wrap_socket(servers[-1].socket, server_side=True)
        threading.Thread(target=servers[-1].serve_forever, args=(0.05,), daemon=True).start()
        return f"https://{HERE}:{servers[-1].server_port}"

    yield start
    for each in servers:
        each.shutdown()
        each.server_close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The CA that is pinned in `ca.pem`."""
    made = Authority()
    (tmp_path / "ca.pem").write_text(made.certificate)
    return made


@pytest.mark.parametrize("days_ahead", [0, -30, 30])
def test_the_control_plane_is_believed_by_its_ca_whatever_the_dates_of_its_certificate(
    tmp_path: Path, authority: Authority, gateway: Callable[[Authority, int], str], days_ahead: int
) -> None:
    (reading,) = ask((), gateway(authority, days_ahead), tmp_path / "ca.pem")
    assert reading.hand is Hand.CONTROL_PLANE
    assert reading.offset < -5 * 365 * 86_400


def test_a_stranger_tells_no_time(
    tmp_path: Path, authority: Authority, gateway: Callable[[Authority, int], str]
) -> None:
    assert ask((), gateway(Authority("stranger"), 0), tmp_path / "ca.pem") == ()


def test_nobody_who_answers_is_no_reading(tmp_path: Path, authority: Authority) -> None:
    assert ask((), f"https://{HERE}:1", tmp_path / "ca.pem") == ()
    assert ask((), f"https://{HERE}:1", tmp_path / "missing.pem") == ()
