"""Who is believed when it says for whom it speaks."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from controllers.tls.caller import CALLER, sender_of


def request(peer: str, caller: str = "") -> Request:
    headers = [(b"x-hardpan-sender", b"10.7.0.1")]
    state = {CALLER: caller} if caller else {}
    return Request({"type": "http", "client": (peer, 1), "headers": headers, "state": state})


@pytest.mark.parametrize(("peer", "caller"), [("10.0.0.1", "gateway"), ("127.0.0.1", ""), ("::1", "")])
def test_the_gateway_speaks_for_its_sender(peer: str, caller: str) -> None:
    assert sender_of(request(peer, caller)) == "10.7.0.1"


@pytest.mark.parametrize(("peer", "caller"), [("10.0.0.1", ""), ("10.0.0.1", "n-a")])
def test_anybody_else_speaks_for_itself(peer: str, caller: str) -> None:
    assert sender_of(request(peer, caller)) == "10.0.0.1"
