"""Deployments that come at the same moment are given different room: one is placed while others are being made."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from controllers.loop.errors import Unavailable
from controllers.loop.objects import Object, Resource
from controllers.supervisor.caches import DEPLOYMENTS, MACHINES
from tests.unit.controllers.supervisor.world import World, only

NAMES = [f"web-{letter}" for letter in "abcdefghijkl"]
SCRIPT = "machine(params.name, #{ cpus: 1, memory: params.memory, image: params.image });"


async def crowd(*nodes: str) -> World:
    """A deployment of one machine for each name, assigned to the supervisor. Only the first is placed yet."""
    world = await World(*nodes).begin()
    for name in NAMES:
        await world.apply(world.manifest(name, script=SCRIPT, params=only(name=name)), settle=name == NAMES[0])
    await asyncio.sleep(0)
    while len(world.coord.queue):
        await world._reconcile(world.coord)
    await asyncio.sleep(0)
    return world


async def reconcile_all(world: World) -> list[BaseException | Any]:
    keys = [each.key for each in world.server.objects(DEPLOYMENTS)]
    return await asyncio.gather(*(world.reconciler.reconcile(key) for key in keys), return_exceptions=True)


def crowds(world: World) -> Counter[str]:
    return Counter(each.spec["node"] for each in world.server.objects(MACHINES))


async def test_nobody_is_given_room_that_somebody_else_is_about_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await crowd("one", "two")
    create, all_decided = world.server.create, asyncio.Barrier(len(NAMES) - 1)

    async def together(resource: Resource, body: Any) -> Object:
        if resource == MACHINES:
            await all_decided.wait()
        return await create(resource, body)

    monkeypatch.setattr(world.server, "create", together)
    await reconcile_all(world)
    assert sorted(crowds(world).values()) == [4, 8], "a node has eight processors, and the fullest that fits is taken"
    await world.settle()
    assert all(world.said(name=name)["Ready"][0] == "True" for name in NAMES)


async def test_what_is_about_to_be_made_counts_once_before_and_after_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await World().begin()
    create, counted = world.kube.create, []

    async def counts(resource: Resource, body: Any) -> Object:
        if resource == MACHINES:
            counted.append(sum(each.cpus for each in world.caches.reserved.now().values()))
        return await create(resource, body)

    monkeypatch.setattr(world.kube, "create", counts)
    await world.deploy(replicas=3)
    assert counted == [3, 3, 3]


async def test_room_of_what_could_not_be_made_is_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await crowd("one", "two")
    create = world.kube.create

    async def fails(resource: Resource, body: Any) -> Object:
        if resource == MACHINES:
            raise Unavailable("the API server is away")
        return await create(resource, body)

    monkeypatch.setattr(world.kube, "create", fails)
    assert Unavailable in {type(each) for each in await reconcile_all(world)}
    assert [each.cpus for each in world.caches.reserved.now().values()] == [1]


async def test_who_found_no_room_looks_again_when_there_may_be_some() -> None:
    world = await crowd("one")
    await world.settle()
    assert crowds(world).total() == 8
    assert world.said(name=NAMES[-1])["Ready"][1] == "NoNodeFits"
    await world.delete(name=NAMES[0])
    await world.after(40)
    assert crowds(world).total() == 8
