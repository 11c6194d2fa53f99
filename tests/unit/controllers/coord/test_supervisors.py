"""A Supervisor shows whether it serves: listed by the snapshot, and its lease alive by our own clock."""

from __future__ import annotations

from controllers.coord.liveness import Liveness
from controllers.coord.supervisors import SupervisorReconciler
from controllers.loop.controller import Done
from controllers.loop.objects import LEASE, Object, ObjectKey
from controllers.loop.testing import MemoryKube
from crds.supervisor import SupervisorStatus
from tests.unit.controllers.installed import again, install
from tests.unit.trust.world import NOW, World

KEY = ObjectKey("", "eu")
HELD = {"holderIdentity": "one", "leaseDurationSeconds": 15}


class Plane:
    """A coord that has looked at leases as often as told."""

    def __init__(self) -> None:
        self.kube = MemoryKube(lambda: NOW)
        self.seconds = 0.0
        self.liveness = Liveness(self.kube, "hardpan-system", lambda: self.seconds)

    async def begin(self, world: World | None = None) -> None:
        self.trust = await install(self.kube, world or World())
        self.reconciler = SupervisorReconciler(self.kube, self.trust, self.liveness, lambda: NOW)

    async def hold_lease(self) -> None:
        metadata = {"name": "hardpan-supervisor-eu", "namespace": "hardpan-system"}
        await self.kube.create(LEASE, {"metadata": metadata, "spec": HELD})

    async def told(self) -> tuple[str, str]:
        cache = self.trust.records("Supervisor")
        seen = cache.get(KEY)
        assert isinstance(seen, Object)
        assert await self.reconciler.reconcile(KEY) == Done()
        seen = await again(self.kube, cache, seen)
        SupervisorStatus.model_validate(seen.status)
        (condition,) = seen.status["conditions"]
        return condition["status"], condition["reason"]


async def test_a_listed_supervisor_with_a_lease_serves() -> None:
    plane = Plane()
    await plane.begin()
    await plane.hold_lease()
    await plane.liveness.look(["eu"])
    assert await plane.told() == ("True", "Leading")


async def test_a_lease_that_stands_still_turns_it_false() -> None:
    plane = Plane()
    await plane.begin()
    await plane.hold_lease()
    await plane.liveness.look(["eu"])
    plane.seconds = 16
    await plane.liveness.look(["eu"])
    assert await plane.told() == ("False", "LeaseLost")


async def test_one_that_the_snapshot_does_not_list_does_not_serve() -> None:
    plane, world = Plane(), World()
    await plane.begin(world)
    cache = plane.trust.records("Supervisor")
    held = cache.get(KEY)
    assert held is not None
    cache.put(await plane.kube.patch(held, {"spec": {"region": "us"}}))
    await plane.liveness.look(["eu"])
    assert await plane.told() == ("False", "RecordNotListed")


async def test_nothing_is_said_before_its_lease_was_looked_at() -> None:
    plane = Plane()
    await plane.begin()
    assert await plane.reconciler.reconcile(KEY) != Done()
    assert [each for each in plane.kube.writes if each.verb == "status"] == []


async def test_what_stays_the_same_is_not_written_again() -> None:
    plane = Plane()
    await plane.begin()
    await plane.liveness.look(["eu"])
    await plane.told()
    await plane.told()
    assert len([each for each in plane.kube.writes if each.verb == "status"]) == 1
