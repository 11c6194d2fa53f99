"""A server that ends waits for an answer that is on its way, and for nobody who only keeps a connection."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx

from controllers.tls.contexts import calling
from tests.system.tls_site import GATEWAY, SERVER, Mounted, new_authority, serving

SOON_SECONDS = 2.0


async def test_a_connection_that_is_kept_for_later_does_not_hold_up_the_end(tmp_path: Path) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "tls").issue(SERVER, authority)
    client = calling(Mounted(tmp_path / "client").issue(GATEWAY, authority))
    async with httpx.AsyncClient(verify=client, trust_env=False) as keeping:
        async with serving(files) as served:
            assert (await keeping.get(served.url())).status_code == 200
            began = time.monotonic()
        assert time.monotonic() - began < SOON_SECONDS


async def test_an_answer_that_is_on_its_way_still_comes(tmp_path: Path) -> None:
    authority = new_authority()
    files = Mounted(tmp_path / "tls").issue(SERVER, authority)
    client = calling(Mounted(tmp_path / "client").issue(GATEWAY, authority))
    async with httpx.AsyncClient(verify=client, trust_env=False) as asking:
        async with serving(files) as served:
            answer = asyncio.create_task(asking.get(served.url("slow")))
            await asyncio.sleep(0.1)
            began = time.monotonic()
        assert time.monotonic() - began < SOON_SECONDS
        assert (await answer).status_code == 200
