"""Ten thousand bogus registrations in a minute, from two hundred networks, and fifty genuine machines among them.

A bogus one is no envelope at all, or signed by a fresh key over a challenge that nobody made, or (one in nine) all that
a machine says whom nobody vouches for: twice as many as there is room for, so half of the genuine come to a full room.
Gateway, ledger and API server are real, and share the cores with this client, which signs beforehand what it can.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from bench.cloud import TOKEN, BenchCloud, running
from bench.memory import resident
from bench.report import Row, percentiles
from cli.control_plane import environment
from cli.demo.ports import kept_ports
from cli.demo.processes import Processes
from cli.site_files import read_secret
from trust.certificate import NodeCertificate, sign_with_token
from trust.dsse import encode
from trust.keys import SigningKey, node_id
from trust.machine import sign
from trust.part import format_time
from trust.registration import REGISTRATION_TYPE, Registration

BOGUS, GENUINE, NETWORKS, SECONDS = 10_000, 50, 200, 60.0
WHOLE = 9
SIGNED, NONCE = 1_000, "bm90IGEgY2hhbGxlbmdlIG9mIHlvdXJz"
INVENTORY = {
    "hostname": "flood", "architecture": "x86_64", "kernel": "6.1", "boardVendor": "", "virtualisation": "none",
    "agentVersion": "0",
}  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """A machine: its signing key, and its public keys as a registration names them."""

    key: SigningKey
    keys: dict[str, str]

    @property
    def node(self) -> str:
        """Its id."""
        return node_id(self.key.public)


class Crowd:
    """Machines of one cloud, each with its own key."""

    def __init__(self, cloud: BenchCloud) -> None:
        self._cluster = cloud.demo.site.cluster
        self._token = read_secret(cloud.demo.site.token_file(TOKEN))
        self._source = random.Random("flood")

    def machine(self) -> Machine:
        """A new machine."""
        key = SigningKey(self._source.randbytes(32))
        others = {name: encode(self._source.randbytes(32)) for name in ("boxKey", "tlsKey")}
        return Machine(
            key, {"signingKey": encode(key.public), **others, "myceliumKey": self._source.randbytes(32).hex()}
        )

    def registration(self, machine: Machine, nonce: str, *, vouched: bool) -> bytes:
        """What the machine signs; `vouched` by the join token."""
        now = format_time(datetime.now(UTC))
        head = {"cluster": self._cluster, "node": machine.node, **machine.keys}
        place = {"site": "default", "region": "demo", "labels": {}, "bootTrusted": False, "issued": now, "token": TOKEN}
        certificate = NodeCertificate.from_wire({"kind": "NodeCertificate", **head, **place})
        said = {
            "kind": "Registration", **head, "nonce": nonce, "time": now, "boot": "b", "start": 1, "instance": "i",
            "inventory": INVENTORY, "capacity": {"cpus": 1, "memory": 1 << 30, "disk": 1 << 30},
            **({"certificate": sign_with_token(certificate, self._token).decode()} if vouched else {}),
        }  # fmt: skip
        return sign(REGISTRATION_TYPE, Registration.from_wire(said).to_bytes(), machine.key, machine.node)


class Flood:
    """Both kinds of callers; what they met is in `took` (seconds) and `refused` (milliseconds).

    `outside` counts those who might have waited for approval, and found no room.
    """

    def __init__(self, crowd: Crowd, clients: list[ClientSession], honest: ClientSession) -> None:
        self._crowd, self._clients, self._honest = crowd, clients, honest
        self._signed = [crowd.registration(crowd.machine(), NONCE, vouched=False) for _ in range(SIGNED)]
        self.took: list[float] = []
        self.refused: list[float] = []
        self.outside = 0

    async def bogus(self, number: int) -> None:
        """One registration that must not count."""
        await asyncio.sleep(number * SECONDS / BOGUS)
        client, began = self._clients[number % NETWORKS], time.perf_counter()
        try:
            if number % WHOLE == 0:
                answer = await self._register(client, self._crowd.machine(), vouched=False)
                self.outside += answer.get("reason") == "TooLarge"
            else:
                body = self._signed[number % SIGNED] if number % 2 else b'{"payload":"bm90aGluZw=="}'
                await _post(client, "register", body)
        except (ClientError, TimeoutError, ValueError):
            return
        self.refused.append((time.perf_counter() - began) * 1000)

    async def genuine(self, number: int) -> None:
        """One machine that comes during the flood and tries until it is approved, as a node does."""
        await asyncio.sleep((number + 0.5) * SECONDS / GENUINE)
        began, pause, machine = time.perf_counter(), 0.2, self._crowd.machine()
        while await self._state(machine) != "Approved":
            await asyncio.sleep(pause)
            pause = min(10.0, pause * 2)
        self.took.append(time.perf_counter() - began)

    async def _state(self, machine: Machine) -> str:
        try:
            return str((await self._register(self._honest, machine, vouched=True)).get("state"))
        except (ClientError, TimeoutError, ValueError):
            return ""

    async def _register(self, client: ClientSession, machine: Machine, *, vouched: bool) -> dict[str, str]:
        asked = await _post(client, "challenge", json.dumps({"node": machine.node}).encode())
        body = self._crowd.registration(machine, asked.get("nonce", NONCE), vouched=vouched)
        return await _post(client, "register", body)


async def _post(client: ClientSession, call: str, body: bytes) -> dict[str, str]:
    async with client.post(f"/v1/nodes/{call}", data=body) as answer:
        found: dict[str, str] = await answer.json()
        return found


def measure() -> list[Row]:
    """How long genuine machines wait meanwhile, and what it costs the ledger."""
    with running(1) as cloud:
        port = kept_ports(cloud.demo.layout.folder / "flood.json", ("gateway",))["gateway"]
        settings = {
            **environment(),
            **cloud.demo.control_plane.settings(),
            "HARDPAN_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        }
        processes = Processes(cloud.demo.layout.folder / "bench")
        processes.start("flooded-gateway", [sys.executable, "-m", "controllers", "gateway"], settings)
        try:
            return asyncio.run(_measure(cloud, port))
        finally:
            processes.stop("flooded-gateway")


async def _measure(cloud: BenchCloud, port: int) -> list[Row]:
    ledger = cloud.pid("ledger")
    before = resident(ledger)
    async with _clients(cloud, port) as (clients, honest):
        await _listening(honest)
        flood = Flood(Crowd(cloud), clients, honest)
        await asyncio.gather(*map(flood.bogus, range(BOGUS)), *map(flood.genuine, range(GENUINE)))
    waiting = json.loads(cloud.demo.kubectl.run("get", "nodes.hardpan.dev", "-o", "json"))["items"]
    return [
        Row(f"{GENUINE} genuine among {BOGUS:,} bogus in a minute: slowest", max(flood.took), "s", 30.0),
        Row("bogus registrations that were answered", len(flood.refused), ""),
        *percentiles("a bogus one is answered", flood.refused, "ms", {50: None, 99: None}),
        Row("machines that wait for approval afterwards", len(waiting) - GENUINE - 1, "", 500),
        Row("machines that found no room to wait", flood.outside, "", 1, at_least=True),
        Row("the ledger's memory grew by", resident(ledger) - before, "MiB", 64.0),
    ]


async def _listening(client: ClientSession) -> None:
    """Waits for the gateway."""
    async with asyncio.timeout(60.0):
        while True:
            with suppress(ClientError):
                async with client.get("/v1/trust"):
                    return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _clients(cloud: BenchCloud, port: int) -> AsyncIterator[tuple[list[ClientSession], ClientSession]]:
    """One client in each of the bogus networks, and one for the honest machines of a network, each on its own."""
    context = ssl.create_default_context(cafile=str(cloud.demo.control_plane.authority.pair.certificate))

    def client(address: str, connections: int) -> ClientSession:
        connector = TCPConnector(local_addr=(address, 0), ssl=context, limit=connections)
        return ClientSession(f"https://127.0.0.1:{port}", connector=connector, timeout=ClientTimeout(total=20.0))

    async with AsyncExitStack() as stack:
        bogus = [await stack.enter_async_context(client(f"127.1.{number}.1", 4)) for number in range(NETWORKS)]
        yield bogus, await stack.enter_async_context(client("127.2.0.1", GENUINE))
