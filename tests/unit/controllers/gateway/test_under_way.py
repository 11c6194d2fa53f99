"""What is under way at the gateway is bounded in bytes, and what was answered is held until it was sent."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from controllers.gateway import app
from controllers.gateway.app import create
from controllers.gateway.limiter import Rate
from controllers.gateway.passing import PIECE, Passed
from controllers.gateway.routes import MEBIBYTE, ROUTES

UPSTREAMS = {"ledger": "http://ledger", "supervisor": "http://supervisor"}
BUNDLE = bytes(range(256)) * 4096
STRANGER = ("10.0.0.1", 1)


def gateway(most: int, monkeypatch: pytest.MonkeyPatch, bundle: bytes = BUNDLE) -> Starlette:
    monkeypatch.setattr(app, "UNDER_WAY", most)
    upstream = httpx.MockTransport(lambda _: httpx.Response(200, content=bundle))
    return create(UPSTREAMS, Rate(1e9, 1e9), upstream)  # type: ignore[arg-type]


def client(application: Starlette, address: tuple[str, int] = STRANGER) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application, client=address)
    return httpx.AsyncClient(transport=transport, base_url="https://gateway")


class Deaf:
    """Who asks for the bundle and does not read it."""

    def __init__(self, application: Starlette, address: tuple[str, int] = STRANGER) -> None:
        self.reads = asyncio.Event()
        self.pieces: list[bytes] = []
        scope = {"type": "http", "method": "GET", "path": "/v1/trust", "headers": [], "client": address}
        self.asking = asyncio.ensure_future(application({**scope, "query_string": b""}, self._receive, self._send))

    async def _receive(self) -> Any:
        return {"type": "http.request", "body": b""}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.pieces.append(message["body"])
            await self.reads.wait()


async def test_an_answer_is_passed_on_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client(gateway(64 * MEBIBYTE, monkeypatch)) as asking:
        answer = await asking.get("/v1/trust")
    assert answer.content == BUNDLE
    assert answer.headers["content-length"] == str(len(BUNDLE))


async def test_who_does_not_read_has_one_piece_at_a_time_in_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = Deaf(gateway(64 * MEBIBYTE, monkeypatch))
    await asyncio.sleep(0.05)
    assert sum(map(len, deaf.pieces)) == PIECE
    deaf.reads.set()
    await deaf.asking
    assert b"".join(deaf.pieces) == BUNDLE


async def test_answers_that_a_network_does_not_read_keep_no_other_from_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    application = gateway(8 * MEBIBYTE, monkeypatch)
    deaf = [Deaf(application) for _ in range(2)]
    await asyncio.sleep(0.05)
    assert [bool(each.pieces) for each in deaf] == [True, False], "a network has a quarter, and an answer may take it"
    async with client(application, ("10.0.1.1", 1)) as other:
        assert (await other.get("/v1/trust")).status_code == 200
    for each in deaf:
        each.reads.set()
        await each.asking


async def test_what_was_answered_and_read_is_no_longer_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client(gateway(8 * MEBIBYTE, monkeypatch)) as asking:
        for _ in range(20):
            assert (await asking.get("/v1/trust")).status_code == 200
            assert (await asking.post("/v1/nodes/challenge", content=b"x" * 2000)).status_code == 413


async def test_when_too_much_is_under_way_it_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client(gateway(MEBIBYTE, monkeypatch)) as asking:
        answer = await asyncio.wait_for(asking.get("/v1/trust"), 10)
    assert (answer.status_code, answer.json()["reason"]) == (503, "Busy")


async def test_an_answer_beyond_all_measure_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    [limit] = [route.answer_limit for route in ROUTES if route.path == "/v1/trust"]
    async with client(gateway(64 * MEBIBYTE, monkeypatch, b"x" * (limit + 1))) as asking:
        answer = await asking.get("/v1/trust")
    assert (answer.status_code, answer.json()["reason"]) == (502, "TooLarge")


async def test_an_answer_that_breaks_off_is_over() -> None:
    ended: list[bool] = []
    answer = Passed(b"x" * PIECE * 3)
    answer.over = lambda: ended.append(True)

    async def broken(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await answer({"type": "http"}, broken, broken)  # type: ignore[arg-type]
    assert ended == [True]
