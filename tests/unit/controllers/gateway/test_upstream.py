"""Behind an upstream's name the gateway finds whoever leads, and delivers nothing twice."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from controllers.gateway.upstream import ToWhoLeads


class Replicas:
    """Addresses behind one name; those that stand by refuse connections."""

    def __init__(self, *addresses: str, leading: str) -> None:
        self.addresses, self.leading = list(addresses), leading
        self.asked: list[str] = []
        self.names: list[str] = []
        self.breaks = False

    async def resolve(self, _: str) -> list[str]:
        self.asked.append("name")
        return self.addresses

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        self.asked.append(request.url.host)
        if request.url.host != self.leading:
            raise httpx.ConnectError("refused")
        if self.breaks:
            raise httpx.ReadError("broken off")
        self.names.append(f"{request.extensions['sni_hostname']} {request.headers['host']}")
        return httpx.Response(200, text=request.content.decode())

    def client(self) -> httpx.AsyncClient:
        transport = ToWhoLeads(httpx.MockTransport(self.answer), self.resolve)
        return httpx.AsyncClient(transport=transport, base_url="https://ledger.example:8081")


async def test_a_replica_that_stands_by_is_passed_over() -> None:
    replicas = Replicas("10.0.0.1", "10.0.0.2", leading="10.0.0.2")
    async with replicas.client() as client:
        answer = await client.post("/v1/nodes/register", content=b"signed")
    assert answer.text == "signed"
    assert replicas.asked == ["name", "10.0.0.1", "10.0.0.2"]


async def test_who_answered_is_asked_first_next_time() -> None:
    replicas = Replicas("10.0.0.1", "10.0.0.2", leading="10.0.0.2")
    async with replicas.client() as client:
        await client.get("/")
        replicas.asked.clear()
        await client.get("/")
    assert replicas.asked == ["10.0.0.2"]


async def test_of_many_requests_at_once_none_looks_for_whom_another_found() -> None:
    replicas = Replicas("10.0.0.1", "10.0.0.2", leading="10.0.0.2")
    async with replicas.client() as client:
        await client.get("/")
        replicas.asked.clear()
        for _ in range(5):
            await asyncio.gather(*(client.get("/") for _ in range(4)))
    assert replicas.asked == ["10.0.0.2"] * 20


async def test_whom_another_request_found_meanwhile_stays_known_when_an_old_one_breaks_off() -> None:
    replicas, held = Replicas("10.0.0.1", "10.0.0.2", leading="10.0.0.2"), asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/slow" and not held.is_set():
            await held.wait()
            raise httpx.ReadError("broken off")
        return await replicas.answer(request)

    transport = ToWhoLeads(httpx.MockTransport(slow), replicas.resolve)
    async with httpx.AsyncClient(transport=transport, base_url="https://ledger.example:8081") as client:
        await client.get("/")
        breaking = asyncio.create_task(client.get("/slow"))
        await asyncio.sleep(0)
        replicas.leading = "10.0.0.1"
        await client.get("/")
        held.set()
        with pytest.raises(httpx.ReadError):
            await breaking
        replicas.asked.clear()
        await client.get("/")
    assert replicas.asked == ["10.0.0.1"]


async def test_after_a_take_over_the_new_leader_is_found_in_the_same_request() -> None:
    replicas = Replicas("10.0.0.1", "10.0.0.2", leading="10.0.0.2")
    async with replicas.client() as client:
        await client.get("/")
        replicas.leading = "10.0.0.1"
        assert (await client.get("/")).status_code == 200


async def test_a_request_that_broke_off_on_its_way_is_sent_to_nobody_else() -> None:
    replicas = Replicas("10.0.0.1", "10.0.0.2", leading="10.0.0.1")
    replicas.breaks = True
    async with replicas.client() as client:
        with pytest.raises(httpx.ReadError):
            await client.post("/", content=b"once")
    assert replicas.asked == ["name", "10.0.0.1"]


async def test_who_broke_off_is_not_asked_first_again() -> None:
    replicas = Replicas("10.0.0.1", "10.0.0.2", leading="10.0.0.1")
    async with replicas.client() as client:
        await client.get("/")
        replicas.breaks = True
        with pytest.raises(httpx.ReadError):
            await client.get("/")
        replicas.leading, replicas.breaks = "10.0.0.2", False
        replicas.asked.clear()
        assert (await client.get("/")).status_code == 200
        assert replicas.asked == ["name", "10.0.0.1", "10.0.0.2"]


async def test_the_certificate_asked_for_is_that_of_the_name() -> None:
    replicas = Replicas("10.0.0.1", leading="10.0.0.1")
    async with replicas.client() as client:
        await client.get("/")
    assert replicas.names == ["ledger.example ledger.example:8081"]


async def test_when_nobody_leads_it_is_a_refused_connection() -> None:
    replicas = Replicas("10.0.0.1", "10.0.0.2", leading="")
    async with replicas.client() as client:
        with pytest.raises(httpx.ConnectError, match="refused"):
            await client.get("/")


async def test_an_unknown_name_is_named() -> None:
    async def unknown(_: str) -> list[str]:
        raise OSError("no such name")

    replicas = Replicas(leading="")
    transport = ToWhoLeads(httpx.MockTransport(replicas.answer), unknown)
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ConnectError, match=r"ledger\.example is not known"):
            await client.get("https://ledger.example/")
