"""The gateway passes on what is in its table, bounded in size and rate, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from controllers.gateway.app import create
from controllers.gateway.limiter import Limiter, Rate
from controllers.serving.networks import network_of
from controllers.tls.caller import SENDER

UPSTREAMS = {"ledger": "http://ledger", "supervisor": "http://supervisor"}


def gateway(handler: httpx.MockTransport, burst: float = 100) -> httpx.AsyncClient:
    application = create(UPSTREAMS, Rate(1, burst), handler)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="https://gateway")


def echo(request: httpx.Request) -> httpx.Response:
    return httpx.Response(202, json={"url": str(request.url), "body": request.content.decode()})


async def test_a_registration_goes_to_the_ledger_and_its_answer_comes_back() -> None:
    async with gateway(httpx.MockTransport(echo)) as client:
        answer = await client.post("/v1/nodes/register", content=b"signed")
    assert (answer.status_code, answer.json()) == (202, {"url": "http://ledger/v1/nodes/register", "body": "signed"})


async def test_the_ledger_is_told_where_a_request_came_from_whatever_the_machine_says() -> None:
    def sender(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=request.headers.get_list(SENDER))

    async with gateway(httpx.MockTransport(sender)) as client:
        answer = await client.post("/v1/nodes/register", headers={SENDER: "10.7.0.1"}, content=b"signed")
    assert answer.json() == ["127.0.0.1"]


async def test_credentials_come_from_the_supervisor() -> None:
    async with gateway(httpx.MockTransport(echo)) as client:
        assert (await client.post("/v1/nodes/credentials")).json()["url"].startswith("http://supervisor/")


@pytest.mark.parametrize("path", ["/v1/nodes/approve", "/", "/metrics", "/v1/nodes/register/../../admin"])
async def test_what_is_not_in_the_table_is_not_passed_on(path: str) -> None:
    async with gateway(httpx.MockTransport(echo)) as client:
        assert (await client.post(path)).status_code == 404


async def test_a_body_beyond_the_limit_never_reaches_the_ledger() -> None:
    async with gateway(httpx.MockTransport(echo)) as client:
        answer = await client.post("/v1/nodes/challenge", content=b"x" * 2000)
    assert (answer.status_code, answer.json()["reason"]) == (413, "TooLarge")


async def test_a_silent_ledger_is_said_so() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with gateway(httpx.MockTransport(silent)) as client:
        answer = await client.get("/v1/trust")
    assert (answer.status_code, answer.json()["reason"]) == (503, "Unavailable")


async def test_a_flood_is_turned_away() -> None:
    async with gateway(httpx.MockTransport(echo), burst=3) as client:
        codes = [(await client.get("/v1/trust")).status_code for _ in range(5)]
    assert codes == [202, 202, 202, 429, 429]


def test_one_network_does_not_starve_another() -> None:
    limiter = Limiter(Rate(1, 1))
    assert limiter.allows("10.0.0.1", 0)
    assert not limiter.allows("10.0.0.2", 0)
    assert limiter.allows("10.0.1.1", 0)
    assert limiter.allows("10.0.0.1", 1.0)


def test_the_number_of_networks_remembered_is_bounded() -> None:
    limiter = Limiter(Rate(1, 1), networks=2)
    assert limiter.allows("10.0.0.1", 0)
    assert limiter.allows("10.0.1.1", 0)
    assert limiter.allows("10.0.2.1", 0)
    assert limiter.allows("10.0.0.1", 0)


@pytest.mark.parametrize(
    ("address", "network"), [("10.1.2.3", "10.1.2.0/24"), ("fd00::1:2", "fd00::/64"), ("?", "unknown")]
)
def test_addresses_are_counted_by_network(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_body_that_drips_is_not_waited_for() -> None:
    async def dripping() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    application = create(UPSTREAMS, Rate(1, 9), httpx.MockTransport(echo), body_seconds=0.05)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="https://gateway") as client:
        answer = await client.post("/v1/nodes/register", content=dripping())
    assert (answer.status_code, answer.json()["reason"]) == (408, "TooSlow")


async def test_a_body_that_says_nothing_of_its_length_is_bounded_too() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1024

    async with gateway(httpx.MockTransport(echo)) as client:
        answer = await client.post("/v1/nodes/report", content=endless())
    assert answer.status_code == 413


async def test_the_ledgers_refusal_passes_unchanged() -> None:
    refusal = {"reason": "Expired", "message": "the challenge is used"}
    async with gateway(httpx.MockTransport(lambda _: httpx.Response(403, json=refusal))) as client:
        answer = await client.post("/v1/nodes/register", content=b"x")
    assert (answer.status_code, answer.json()) == (403, refusal)


async def test_another_method_than_the_tables_is_refused() -> None:
    async with gateway(httpx.MockTransport(echo)) as client:
        assert (await client.get("/v1/nodes/register")).status_code == 405


async def test_headers_and_queries_of_strangers_go_no_further() -> None:
    seen: list[httpx.Request] = []

    def record(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    async with gateway(httpx.MockTransport(record)) as client:
        await client.get("/v1/trust?admin=1", headers={"authorization": "Bearer x", "x-forwarded-for": "10.0.0.1"})
    assert str(seen[0].url) == "http://ledger/v1/trust"
    assert not {"authorization", "x-forwarded-for"} & set(seen[0].headers)


async def test_nothing_of_a_body_or_an_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"sealed": "ANSWER-SECRET"})

    with caplog.at_level("DEBUG"):
        async with gateway(httpx.MockTransport(answer)) as client:
            await client.post("/v1/nodes/credentials", content=b"BODY-SECRET", headers={"cookie": "HEADER-SECRET"})
    assert "SECRET" not in caplog.text
