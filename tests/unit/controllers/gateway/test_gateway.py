"""The gateway passes on what is in its table, bounded in size and rate, and nothing else."""

from __future__ import annotations

import httpx
import pytest

from controllers.gateway.app import create
from controllers.gateway.limiter import Limiter, Rate, network_of

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
