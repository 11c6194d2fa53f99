"""With kinds of an older release nothing is reconciled; log and probe say why, until somebody upgrades them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controllers.loop.errors import Refused
from controllers.loop.kinds import DEFINITION, kinds_complaint
from controllers.loop.monitor import Readiness, answer
from controllers.loop.objects import ObjectKey, Resource
from controllers.loop.operation import Operation
from controllers.loop.process import Process
from controllers.loop.settings import LoopSettings
from controllers.loop.testing import MemoryKube
from crds.kinds import KINDS
from crds.schema import manifest
from crds.stamp import RELEASE
from tests.unit.controllers.loop.kube_contract import WIDGET, widget
from tests.unit.controllers.loop.test_operation import World, ready, until

OLD = {"metadata": {"annotations": {RELEASE: "0.0.9", "hardpan.dev/schemas": "less"}}}
WORDS = "CRD nodes.hardpan.dev is of version 0.0.9, this program needs "


@pytest.fixture
async def kube() -> MemoryKube:
    """A server with all of our kinds."""
    made = MemoryKube()
    for kind in KINDS:
        await made.create(DEFINITION, manifest(kind))
    return made


async def changed(kube: MemoryKube, name: str, change: dict[str, Any]) -> None:
    """Somebody changes a kind."""
    await kube.patch(await kube.get(DEFINITION, ObjectKey("", name)), change)


async def test_one_old_kind_among_all_is_named(kube: MemoryKube) -> None:
    assert await kinds_complaint(kube) == ""
    await changed(kube, "nodes.hardpan.dev", OLD)
    assert (await kinds_complaint(kube)).startswith(WORDS)


async def test_a_kind_that_is_not_there_is_told_by_who_lists_it(kube: MemoryKube) -> None:
    await kube.delete(await kube.get(DEFINITION, ObjectKey("", "jobs.hardpan.dev")))
    assert await kinds_complaint(kube) == ""


async def test_who_may_not_look_at_kinds_goes_on_and_says_so(
    kube: MemoryKube, caplog: pytest.LogCaptureFixture
) -> None:
    def forbid(verb: str, resource: Resource, key: ObjectKey) -> None:
        raise Refused(f"reading {key}: forbidden")

    kube.interrupt = forbid
    assert await kinds_complaint(kube) == ""
    assert "the version of CRD nodes.hardpan.dev is not known: reading nodes.hardpan.dev: forbidden" in caplog.text


async def test_nothing_is_done_until_the_kinds_are_upgraded(kube: MemoryKube, caplog: pytest.LogCaptureFixture) -> None:
    await kube.create(WIDGET, widget("w"))
    await changed(kube, "nodes.hardpan.dev", OLD)
    world = World(kube)
    settings, process = LoopSettings("test", look_again_seconds=0.01), Process([world.controller])
    operation = Operation(process, world.context, world.source, settings, world.stop, lambda: kinds_complaint(kube))
    task = asyncio.create_task(operation.run())
    await until(lambda: operation.obstacle.startswith(WORDS))
    await asyncio.sleep(0.05)
    assert (world.log, operation.ready, world.lease.leading) == ([], False, False)
    assert caplog.text.count(f"test does not work yet: {WORDS}") == 1
    await changed(kube, "nodes.hardpan.dev", {"metadata": {"annotations": {RELEASE: "99.0.0"}}})
    await until(lambda: ready(kube, 1))
    assert operation.obstacle == ""
    world.stop.set()
    await asyncio.wait_for(task, 5)


def test_the_probe_is_told_what_a_start_waits_for() -> None:
    assert answer(Readiness.STARTING, WORDS) == (503, WORDS)
    assert answer(Readiness.STARTING, "") == (503, "not listed yet")
    assert answer(Readiness.STANDING_BY, "") == (200, "standing by")
