"""The adapter is patient with an API server that stumbles, within bounds, and keeps its connections."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable

import kopf
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from controllers.loop import transport
from controllers.loop.errors import NotFound, Refused, Unavailable
from controllers.loop.kube_http import HttpKube
from controllers.loop.objects import ObjectKey
from tests.unit.controllers.loop.kube_contract import WIDGET

KEY = ObjectKey("default", "w")
WHOLE = {"metadata": {"name": "w", "namespace": "default", "uid": "u", "resourceVersion": "1"}}
Answer = Callable[[web.Request], web.StreamResponse]


class Stumbling:
    """An API server that answers as told, call by call, and then with a widget."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[web.BaseRequest] = []
        self.tokens: list[str] = []
        self.logins = 0
        self._server = TestServer(self._application())

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.tokens.append(request.headers.get("Authorization", ""))
        return self.answers.pop(0)(request) if self.answers else web.json_response(WHOLE)

    def login(self) -> kopf.ConnectionInfo:
        self.logins += 1
        return kopf.ConnectionInfo(server=str(self._server.make_url("/")), token=f"token-{self.logins}")

    async def __aenter__(self) -> Stumbling:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stumbling]:
    monkeypatch.setattr(transport, "RETRY_PAUSES", (0.01, 0.01, 0.01))
    async with Stumbling() as server:
        yield server


@pytest.fixture
async def kube(server: Stumbling) -> AsyncIterator[HttpKube]:
    kube = HttpKube(server.login, random.Random(1))
    yield kube
    await kube.close()


def status(code: int, **headers: str) -> Answer:
    return lambda _: web.json_response({"message": f"said {code}"}, status=code, headers=headers)


def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("stumble", [status(429), status(500), status(503), status(504), hang_up])
async def test_a_short_outage_is_bridged(server: Stumbling, kube: HttpKube, stumble: Answer) -> None:
    server.answers = [stumble, stumble]
    assert (await kube.get(WIDGET, KEY)).name == "w"
    assert len(server.requests) == 3


async def test_a_long_outage_is_told_after_bounded_tries(server: Stumbling, kube: HttpKube) -> None:
    server.answers = [status(503)] * 100
    with pytest.raises(Unavailable, match=r"reading widgets.test.hardpan.dev default/w: said 503"):
        await kube.get(WIDGET, KEY)
    assert len(server.requests) == 4


async def test_a_server_that_is_not_there_is_told(server: Stumbling, kube: HttpKube) -> None:
    await server.__aexit__()
    with pytest.raises(Unavailable, match="no answer from the API server"):
        await kube.get(WIDGET, KEY)


@pytest.mark.parametrize(("code", "error"), [(400, Refused), (403, Refused), (404, NotFound), (422, Refused)])
async def test_what_asking_again_cannot_help_is_asked_once(
    server: Stumbling, kube: HttpKube, code: int, error: type[Exception]
) -> None:
    server.answers = [status(code)]
    with pytest.raises(error, match=f"said {code}"):
        await kube.get(WIDGET, KEY)
    assert len(server.requests) == 1


async def test_credentials_that_ran_out_are_read_anew(server: Stumbling, kube: HttpKube) -> None:
    server.answers = [status(401)]
    await kube.get(WIDGET, KEY)
    assert server.tokens == ["Bearer token-1", "Bearer token-2"]


async def test_credentials_that_stay_refused_are_told(server: Stumbling, kube: HttpKube) -> None:
    server.answers = [status(401)] * 100
    with pytest.raises(Refused):
        await kube.get(WIDGET, KEY)
    assert len(server.requests) == 4


async def test_one_connection_serves_one_call_after_another(server: Stumbling, kube: HttpKube) -> None:
    ports = set()
    for _ in range(5):
        await kube.get(WIDGET, KEY)
    for request in server.requests:
        ports.add(request.get_extra_info("peername", default=(request.remote, id(request.protocol)))[1])
    assert len(ports) == 1


async def test_a_list_whose_rest_has_expired_begins_again(server: Stumbling, kube: HttpKube) -> None:
    page = {"items": [WHOLE], "metadata": {"resourceVersion": "5", "continue": "more"}}
    last = {"items": [WHOLE], "metadata": {"resourceVersion": "9"}}
    server.answers = [lambda _: web.json_response(page), status(410), lambda _: web.json_response(last)]
    listing = await kube.list(WIDGET)
    assert (len(listing.objects), listing.resource_version) == (1, "9")
    assert "continue" not in server.requests[2].query_string
