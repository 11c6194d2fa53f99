"""What servers answer is counted by route and code, and no stranger makes a series."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from controllers.counted import count
from controllers.loop.metrics import Metrics
from tests.unit.controllers.loop.test_measures import series


async def answer(request: Request) -> Response:
    return Response(status_code=int(request.query_params["code"]))


async def ask(metrics: Metrics, *paths: str) -> None:
    application = Starlette()
    application.add_route("/v1/trust", answer)
    count(application, metrics)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://here") as client:
        for path in paths:
            await client.get(path)


async def told(*paths: str) -> dict[tuple[str, str], float]:
    metrics = Metrics("gateway")
    await ask(metrics, *paths)
    found = series(metrics).items()
    return {(labels["route"], labels["status"]): number for (name, pairs), number in found
            if name == "hardpan_http_requests_total" for labels in [dict(pairs)]}  # fmt: skip


async def test_requests_are_counted_by_route_and_code() -> None:
    found = await told("/v1/trust?code=200", "/v1/trust?code=200", "/v1/trust?code=503")
    assert found == {("/v1/trust", "200"): 2, ("/v1/trust", "503"): 1}


async def test_the_time_of_an_answer_is_told() -> None:
    metrics = Metrics("gateway")
    await ask(metrics, "/v1/trust?code=200")
    labels = (("role", "gateway"), ("route", "/v1/trust"))
    assert series(metrics)["hardpan_http_request_seconds_count", labels] == 1


async def test_a_route_that_nobody_called_shows_a_zero() -> None:
    assert await told() == {("/v1/trust", "200"): 0}


async def test_paths_and_codes_of_strangers_are_one_series() -> None:
    found = await told(*(f"/{number}" for number in range(9)), *(f"/v1/trust?code={code}" for code in range(520, 530)))
    assert found == {("/v1/trust", "200"): 0, ("other", "404"): 9, ("/v1/trust", "other"): 10}
