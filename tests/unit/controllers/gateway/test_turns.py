"""An upstream gets a few requests at a time; the others wait, for a bounded time, and no upstream waits for another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from controllers.gateway import forwarding
from controllers.gateway.app import AT_A_TIME, create
from controllers.gateway.limiter import Rate

UPSTREAMS = {"ledger": "http://ledger", "supervisor": "http://supervisor"}
LEDGERS, SUPERVISORS = "/v1/nodes/challenge", "/v1/nodes/credentials"


class Upstreams:
    """Both of them; what is asked of the ledger is answered when it `goes_on`."""

    def __init__(self) -> None:
        self.goes_on, self.fails = asyncio.Event(), False
        self.asked: Counter[str] = Counter()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked[request.url.host] += 1
        if self.fails:
            raise httpx.ReadError("it went away", request=request)
        if request.url.host == "ledger":
            await self.goes_on.wait()
        return httpx.Response(200, json={})

    @asynccontextmanager
    async def behind_a_gateway(self) -> AsyncIterator[httpx.AsyncClient]:
        application = create(UPSTREAMS, Rate(1e9, 1e9), httpx.MockTransport(self.answer))  # type: ignore[arg-type]
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="https://gateway") as client:
            yield client


async def test_so_many_are_under_way_at_an_upstream_and_the_others_follow() -> None:
    upstreams = Upstreams()
    async with upstreams.behind_a_gateway() as client:
        asking = [asyncio.ensure_future(client.post(LEDGERS, content=b"{}")) for _ in range(3 * AT_A_TIME)]
        await asyncio.sleep(0.2)
        assert upstreams.asked["ledger"] == AT_A_TIME
        upstreams.goes_on.set()
        assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}


async def test_an_upstream_that_hangs_holds_up_its_own_callers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "UPSTREAM_TIMEOUT_SECONDS", 0.2)
    upstreams = Upstreams()
    async with upstreams.behind_a_gateway() as client:
        hanging = [asyncio.ensure_future(client.post(LEDGERS, content=b"{}")) for _ in range(AT_A_TIME)]
        await asyncio.sleep(0.05)
        assert (await client.post(SUPERVISORS, content=b"{}")).status_code == 200
        late = await client.post(LEDGERS, content=b"{}")
        assert (late.status_code, late.json()["reason"]) == (503, "Busy")
        upstreams.goes_on.set()
        await asyncio.gather(*hanging)


async def test_a_call_that_fails_gives_its_turn_back() -> None:
    upstreams = Upstreams()
    upstreams.goes_on.set()
    async with upstreams.behind_a_gateway() as client:
        upstreams.fails = True
        for _ in range(2 * AT_A_TIME):
            assert (await client.post(LEDGERS, content=b"{}")).json()["reason"] == "Unavailable"
        upstreams.fails = False
        assert (await client.post(LEDGERS, content=b"{}")).status_code == 200
