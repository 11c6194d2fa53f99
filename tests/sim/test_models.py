"""What the real processes write is what the kinds say: every spec, every status, every reason."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from controllers.loop.objects import Json, Object, Resource
from controllers.loop.testing import MemoryKube
from crds.kinds import KINDS
from tests.sim.people import Wish
from tests.sim.test_thin import WEB, settled
from tests.sim.trial import simulate
from tests.sim.world import World

BY_NAME = {kind.kind: kind for kind in KINDS}
STATUS_WRITERS = {
    "hardpan-ledger": {"Node", "Trust", "Tenant", "User", "JoinToken"},
    "hardpan-coord": {"Deployment", "Supervisor"},
    "hardpan-supervisor": {"Deployment", "Machine", "Volume", "Job"},
}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """Counts statuses by writer and kind, and holds each, and each new object, to its model."""
    counted: Counter[tuple[str, str]] = Counter()
    create, apply_status = MemoryKube.create, MemoryKube.apply_status

    async def checked_create(self: MemoryKube, resource: Resource, body: Json) -> Object:
        if resource.kind in BY_NAME:
            BY_NAME[resource.kind].spec.model_validate(body["spec"])
        return await create(self, resource, body)

    async def checked_status(self: MemoryKube, target: Object, status: Json, manager: str) -> Object:
        kind = BY_NAME[target.resource.kind]
        kind.status.model_validate(dict(status))
        documented = {each.type: each.words for each in kind.conditions}
        said: list[Any] = [*status.get("conditions", ())]
        assert [each for each in said if each["reason"] not in documented[each["type"]]] == []
        counted[manager, kind.kind] += 1
        return await apply_status(self, target, status, manager)

    monkeypatch.setattr(MemoryKube, "create", checked_create)
    monkeypatch.setattr(MemoryKube, "apply_status", checked_status)
    return counted


def test_every_object_and_status_is_of_its_model_and_every_reason_documented(
    written: Counter[tuple[str, str]],
) -> None:
    async def play(world: World) -> None:
        await asyncio.sleep(20)
        for replicas in (1, 2):
            await world.apply(Wish("a", "web", replicas=replicas))
            await settled(world)
        await world.delete(WEB)
        await asyncio.sleep(60)

    simulate(1, play)
    assert set(written) == {(manager, kind) for manager, kinds in STATUS_WRITERS.items() for kind in kinds}
