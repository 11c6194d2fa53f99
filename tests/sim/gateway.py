"""The way from a node to ledger and supervisor: the real client's words, the real servers' answers, no sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette

from controllers.gateway.routes import ROUTES
from node_agent.agent.gateway import HttpGateway, _refusal
from node_agent.errors import TryAgain
from tests.sim import threads
from tests.sim.loop import SimulatedLoop
from tests.sim.process import Killed, Process
from tests.sim.weather import Weather, short

TYPICAL_SECONDS = 0.005
UPSTREAMS = {route.path: route.upstream for route in ROUTES}
Upstream = Callable[[], tuple[Process, Starlette] | None]


class Gateway(HttpGateway):
    """`HttpGateway` with everything below `_send` replaced. `upstreams` give the live process and application."""

    def __init__(
        self, upstreams: dict[str, Upstream], process: Process, weather: Weather, reach: Callable[[], bool]
    ) -> None:
        self._url = "https://gateway"
        self._upstreams = upstreams
        self._process = process
        self._weather = weather
        self._reach = reach
        self._random = weather.source(f"gateway/{process.name}")

    def close(self) -> None:
        """Nothing to let go of."""

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        body = json.dumps(content["json"]).encode() if "json" in content else content.get("content", "").encode()
        self._travel(path)
        found = self._upstreams[UPSTREAMS[path]]()
        if found is None:
            raise TryAgain("Unreachable", f"no answer from {self._url}{path}")
        server, application = found
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        try:
            status, answer = threads.finish(loop, server, ask(application, method, path, body))
        except (asyncio.CancelledError, Killed):
            self._process.check()
            raise TryAgain("Unreachable", f"{path}: the server went away") from None
        self._travel(path)
        if status == 200:
            return httpx.Response(200, content=answer)
        raise _refusal(self._url, path, httpx.Response(status, content=answer))

    def _travel(self, path: str) -> None:
        threads.sleep(short(self._random, TYPICAL_SECONDS))
        self._process.check()
        lost = self._weather.gateway_lost and self._random.random() < self._weather.gateway_lost
        if lost or not self._reach():
            threads.sleep(1.0)
            raise TryAgain("Unreachable", f"no answer from {self._url}{path}")


async def ask(application: Starlette, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """One request, as an ASGI server would put it; an error of the handler is a 500."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": [], "scheme": "http", "root_path": "",
        "client": ("node", 1), "server": ("gateway", 443),
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    try:
        await application(scope, receive, send)
    except Exception:
        return 500, b""
    answer = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
    return int(sent[0]["status"]), answer
