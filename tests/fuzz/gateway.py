"""What strangers send to the gateway and, through it, to the ledger: an answer out of a short list, and no error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import strategies as st
from uvicorn.server import ServerState

from controllers.gateway.app import create
from controllers.gateway.limiter import Rate
from controllers.gateway.routes import ROUTES
from controllers.loop.metrics import uncounted
from controllers.serving.patience import patient
from controllers.settings import Listen
from controllers.web import server
from tests.fuzz.mutate import altered, damaged, spelled, values
from tests.fuzz.target import Target
from tests.unit.controllers.ledger.desk import Ledger, Machine

ALLOWED = {200, 400, 403, 404, 405, 408, 413, 429, 503}
LIMITS = {route.path: route.body_limit for route in ROUTES}
METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS"]
ONE_LOOP = asyncio.Runner()


def run(doing: Coroutine[Any, Any, Any]) -> Any:
    """One loop for all inputs: a new one each would take longer than what is tried."""
    return ONE_LOOP.run(doing)


@dataclass
class Behind:
    """What stands behind the gateway here: it takes note of what comes through."""

    seen: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(200, json={})


BEHIND = Behind()
UPSTREAMS = {"ledger": "http://ledger", "supervisor": "http://supervisor"}
APPLICATION = create(UPSTREAMS, Rate(1e9, 1e9), httpx.MockTransport(BEHIND))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Call:
    """A request."""

    method: str
    path: str
    body: bytes


async def _call(call: Call) -> httpx.Response:
    transport = httpx.ASGITransport(APPLICATION)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.request(call.method, call.path, content=call.body)


def check_call(call: Call) -> None:
    """Nothing but what is in the table goes through, and no more of it than the table says."""
    BEHIND.seen.clear()
    try:
        answer = run(_call(call))
    except httpx.InvalidURL:
        return
    assert answer.status_code in ALLOWED | {307}, answer.status_code
    good = call.method == "POST" and call.path == "/v1/nodes/register" and len(call.body) < 1024
    assert BEHIND.seen or not good, "a good call does not get through"
    for request in BEHIND.seen:
        assert request.url.path in LIMITS, request.url
        assert len(request.content) <= LIMITS[request.url.path]
        assert not request.url.query


class Wire(asyncio.Transport):
    """A client's connection that takes what is written and never waits."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = bytearray(), False

    def write(self, data: Any) -> None:
        """See asyncio."""
        self.written += data

    def close(self) -> None:
        """See asyncio."""
        self.closed = True

    def abort(self) -> None:
        """See asyncio."""
        self.closed = True

    def is_closing(self) -> bool:
        """See asyncio."""
        return self.closed

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """See asyncio."""

    def pause_reading(self) -> None:
        """See asyncio."""

    def resume_reading(self) -> None:
        """See asyncio."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See asyncio."""
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)


CONFIG = server(APPLICATION, Listen("127.0.0.1", 1))
CONFIG.load()
CONNECTION: Any = patient(5.0, uncounted)


async def _speak(pieces: list[bytes]) -> bytes:
    state, wire = ServerState(), Wire()
    connection = CONNECTION(CONFIG, state, {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    for piece in pieces:
        if not wire.closed:
            connection.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(50):
        if not state.tasks:
            break
        await asyncio.sleep(0)
    connection.connection_lost(None)
    for task in list(state.tasks):
        task.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)
    return bytes(wire.written)


def check_bytes(pieces: list[bytes]) -> None:
    """Any bytes in any pieces: answers of HTTP or nothing, and never an error of our own."""
    said = run(_speak(pieces))
    assert b"".join(pieces) != REQUEST or said.count(b"HTTP/1.1 200 ") == 3, "good requests are not answered"
    assert not said or said.startswith(b"HTTP/1."), said[:100]
    assert b" 500 " not in said


async def _ledger() -> tuple[Ledger, dict[str, bytes]]:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    nonce = await ledger.nonce(machine)
    good = {
        "challenge": json.dumps({"node": machine.id}).encode(),
        "register": machine.registration(ledger, nonce),
        "report": machine.report(ledger),
    }
    return ledger, good


LEDGER, GOOD = run(_ledger())


def check_ledger(case: tuple[str, bytes]) -> None:
    """Answered with a reason, whatever was asked; and the one machine that is known stays what it was."""
    name, body = case
    code, answer = run(LEDGER.post(name, body))
    assert code == 200 or case != ("challenge", GOOD["challenge"]), "a good body is refused"
    assert code in ALLOWED, code
    assert code == 200 or answer["reason"]
    assert len(LEDGER.nodes) == 1


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, bytes]:
    """A call of the ledger with a body that is nearly right."""
    name = draw(st.sampled_from(sorted(GOOD)))
    good = GOOD[draw(st.sampled_from([name, name, *sorted(GOOD)]))]
    return name, draw(
        st.one_of(st.just(good), damaged(good), altered(json.loads(good)).map(spelled), st.binary(max_size=100))
    )


PATHS = [path.encode() for path in sorted(LIMITS)]
paths = (st.sampled_from(PATHS) | st.sampled_from(PATHS).flatmap(damaged)).map(lambda path: path.decode("latin-1"))
bodies = st.one_of(st.binary(max_size=200), values.map(spelled), st.integers(0, 300_000).map(lambda size: b"x" * size))
CALLS = Target("gateway-calls", st.builds(Call, st.sampled_from(METHODS), paths, bodies), check_call)
REQUEST = (
    b"POST /v1/nodes/register HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n{}"
    b"POST /v1/nodes/report HTTP/1.1\r\nhost: gateway\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    b"GET /v1/trust HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n"
)


@st.composite
def torn(draw: st.DrawFn) -> list[bytes]:
    """Requests, damaged, in pieces as they come over a network."""
    data = draw(st.one_of(damaged(REQUEST), st.just(REQUEST), st.binary(max_size=300)))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=5)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True) if end > start]


BYTES = Target("gateway-bytes", torn(), check_bytes)
BODIES = Target("gateway-bodies", cases(), check_ledger)
