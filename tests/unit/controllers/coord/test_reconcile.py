"""Coord writes who serves a deployment and nothing else, looks at leases by its own clock, and remembers no script."""

from __future__ import annotations

import pytest

from controllers.coord.liveness import Liveness
from controllers.coord.reconcile import Reconciler, deployments, machines, volumes
from controllers.loop.errors import Unavailable
from controllers.loop.objects import LEASE, Object, ObjectKey, Resource
from controllers.loop.testing.memory import MemoryKube
from tests.unit.controllers.installed import install
from tests.unit.trust.world import NOW, World

SYSTEM = "hardpan-system"
KEY = ObjectKey("a", "web")


class Region:
    """Coord over one deployment, with the supervisor `eu` of the standard trust."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.kube = MemoryKube(lambda: NOW)
        self.liveness = Liveness(self.kube, SYSTEM, lambda: self.seconds)
        self.deployments, self.machines, self.volumes = deployments(), machines(), volumes()

    async def begin(self) -> Region:
        """Trust, a lease that is held, and a deployment."""
        trust = await install(self.kube, World())
        self.reconciler = Reconciler(
            self.kube, self.deployments, self.machines, self.volumes, trust, self.liveness, lambda: NOW
        )
        metadata = {"name": "hardpan-supervisor-eu", "namespace": SYSTEM}
        spec = {"holderIdentity": "me", "leaseDurationSeconds": 15}
        self.lease = await self.kube.create(LEASE, {"metadata": metadata, "spec": spec})
        web = {"metadata": {"name": "web", "namespace": "a"}, "spec": {"region": "eu", "script": "x", "signatures": []}}
        self.deployments.put(await self.kube.create(self.deployments.resource, web))
        await self.liveness.look(["eu"])
        return self

    async def reconcile(self) -> Object:
        """One look; the deployment afterwards."""
        await self.reconciler.reconcile(KEY)
        found = await self.kube.get(self.deployments.resource, KEY)
        self.deployments.put(found)
        return found


async def test_it_writes_the_assignment_with_its_condition_once() -> None:
    region = await Region().begin()
    seen = await region.reconcile()
    assert seen.status["supervisor"] == {"name": "eu", "epoch": 1}
    assert [each["type"] for each in seen.status["conditions"]] == ["Assigned"]
    before = len(region.kube.writes)
    await region.reconcile()
    assert len(region.kube.writes) == before


async def test_it_keeps_no_script_and_no_signature_in_memory() -> None:
    region = await Region().begin()
    (held,) = region.deployments.all()
    assert set(held.spec) == {"region"}


@pytest.mark.parametrize("kind", ["machines", "volumes"])
async def test_what_has_a_node_is_not_assigned_anew_when_the_lease_is_gone(kind: str) -> None:
    region = await Region().begin()
    seen = await region.reconcile()
    cache = getattr(region, kind)
    labels = {"hardpan.dev/deployment-uid": seen.uid}
    cache.put(await region.kube.create(cache.resource, {"metadata": {"name": "x", "namespace": "a", "labels": labels}}))
    region.seconds += 60
    await region.liveness.look(["eu"])
    seen = await region.reconcile()
    assert seen.status["supervisor"] == {"name": "eu", "epoch": 1}
    assert seen.status["conditions"][0]["status"] == "Unknown"


async def test_a_supervisor_is_alive_as_long_as_its_lease_moves() -> None:
    region = await Region().begin()
    for _ in range(5):
        region.seconds += 10
        region.lease = await region.kube.patch(region.lease, {"spec": {"renewTime": str(region.seconds)}})
        await region.liveness.look(["eu"])
        assert region.liveness.alive("eu")
    region.seconds += 16
    assert await region.liveness.look(["eu"])
    assert not region.liveness.alive("eu")


async def test_a_lease_that_was_let_go_or_is_not_there_is_nobodys() -> None:
    region = await Region().begin()
    await region.kube.patch(region.lease, {"spec": {"holderIdentity": ""}})
    await region.liveness.look(["eu", "us"])
    assert not region.liveness.alive("eu")
    assert not region.liveness.alive("us")


async def test_a_change_that_was_seen_while_the_server_went_away_is_told_at_the_next_look() -> None:
    region = await Region().begin()
    await region.kube.patch(region.lease, {"spec": {"holderIdentity": ""}})

    def interrupt(verb: str, resource: Resource, key: ObjectKey) -> None:
        if key.name == "hardpan-supervisor-us":
            raise Unavailable("not now")

    region.kube.interrupt = interrupt
    with pytest.raises(Unavailable):
        await region.liveness.look(["eu", "us"])
    region.kube.interrupt = None
    assert await region.liveness.look(["eu", "us"])
