"""Reviews are read within bounds: so many bytes at a time, of one network a part of them, and none for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from controllers.admission import endpoint
from controllers.admission.endpoint import LARGEST_REVIEW, Endpoint
from controllers.admission.review import Admission
from controllers.loop.cache import Cache
from controllers.loop.metrics import uncounted
from controllers.loop.objects import resource_of
from controllers.review import Reviewer
from controllers.serving.budget import Budget
from crds.revisionmark import REVISION_MARK
from plans.evaluator import InProcess
from tests.unit.trust import world as trusted

HERE, NEAR, THERE = "10.0.0.1", "10.0.0.2", "10.0.1.1"


class Webhook:
    """The endpoint, and who asks it."""

    def __init__(self) -> None:
        trust, marks = trusted.World().view, Cache(resource_of(REVISION_MARK))
        admission = Admission(Reviewer(InProcess()), marks, trust, lambda: trusted.NOW)
        budget = Budget(2 * LARGEST_REVIEW, LARGEST_REVIEW, seconds=0.05)
        self._application = Starlette()
        self._application.add_route("/", Endpoint(admission, uncounted, budget).review, methods=["POST"])
        self.goes_on = asyncio.Event()

    async def post(self, address: str, content: bytes | AsyncIterator[bytes]) -> int:
        transport = httpx.ASGITransport(self._application, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://admission") as client:
            return (await client.post("/", content=content)).status_code

    async def dripping(self) -> AsyncIterator[bytes]:
        yield b"{"
        await self.goes_on.wait()
        yield b"}"


async def test_what_says_nothing_of_its_length_counts_as_the_longest_and_keeps_no_other_network_out() -> None:
    webhook = Webhook()
    slow = asyncio.create_task(webhook.post(HERE, webhook.dripping()))
    await asyncio.sleep(0.02)
    assert await webhook.post(NEAR, b"{}") == 503
    assert await webhook.post(THERE, b"{}") == 400
    webhook.goes_on.set()
    assert await slow == 400
    assert await webhook.post(NEAR, b"{}") == 400, "what was answered counts no longer"


async def test_a_review_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PATIENCE_SECONDS", 0.05)
    webhook = Webhook()
    assert await asyncio.wait_for(webhook.post(HERE, webhook.dripping()), 2) == 408
