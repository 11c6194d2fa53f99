"""The replay guard: an old revision never returns, and the mark is durable before anything of a revision is placed."""

from __future__ import annotations

from controllers.loop.errors import Unavailable
from controllers.loop.objects import ObjectKey, Resource
from controllers.supervisor.caches import DEPLOYMENTS, JOBS, MACHINES, MARKS
from tests.unit.controllers.supervisor.world import World, only
from tests.unit.trust import world as trusted


def failing(world: World, verb: str, kind: Resource) -> None:
    """The API server does not take this."""

    def interrupt(asked: str, resource: Resource, key: ObjectKey) -> None:
        if (asked, resource) == (verb, kind):
            raise Unavailable("not now")

    world.server.interrupt = interrupt


async def test_an_old_revision_does_not_return_by_deleting_and_making_again() -> None:
    world = await World().begin()
    old = world.manifest(revision=1)
    await world.apply(old)
    await world.deploy(revision=2, memory="300Mi")
    await world.delete()
    await world.after(5)
    assert world.left == []
    await world.apply(old)
    assert world.said()["SignatureVerified"][:2] == ("False", "RevisionTooOld")
    assert world.names(MACHINES) == []
    assert world.nodes[0].runs == set()


async def test_the_accepted_revision_itself_may_be_made_again() -> None:
    world = await World().begin()
    manifest = world.manifest()
    await world.apply(manifest)
    await world.delete()
    await world.after(5)
    await world.apply(manifest)
    assert world.said()["Ready"][0] == "True"
    assert world.nodes[0].runs == {"machine/web-0"}


async def test_a_namespace_made_anew_with_another_tenant_id_accepts_nothing_old() -> None:
    world = await World().begin()
    old = world.manifest()
    await world.apply(old)
    await world.delete()
    await world.after(5)
    world.trust.records["Tenant/a"] = trusted.tenant("alice", "bob", id="t-" + "b" * 26)
    await world.renew()
    await world.apply(old)
    assert world.said()["SignatureVerified"][:2] == ("False", "BadSignature")
    assert world.names(MACHINES) == []


async def test_a_namespace_made_anew_with_another_tenant_id_begins_at_revision_one_again() -> None:
    world = await World().begin()
    await world.deploy(revision=7)
    await world.delete()
    await world.after(5)
    world.trust.records["Tenant/a"] = trusted.tenant("alice", "bob", id="t-" + "b" * 26)
    await world.renew()
    world.nodes[0].revisions.clear()
    await world.deploy(revision=1)
    assert world.said()["SignatureVerified"][0] == "True"
    assert len(world.names(MARKS)) == 2


async def test_the_floor_of_the_snapshot_holds_without_any_mark() -> None:
    world = await World().begin()
    await world.renew(revisionFloors={"a/web": 5})
    await world.deploy(revision=4)
    assert world.said()["SignatureVerified"][:2] == ("False", "RevisionTooOld")
    await world.deploy(revision=5)
    assert world.said()["Ready"][0] == "True"


async def test_nothing_is_placed_before_the_mark_is_written() -> None:
    world = await World().begin()
    failing(world, "create", MARKS)
    await world.deploy()
    assert world.names(MACHINES) == world.names(JOBS) == []
    assert world.nodes[0].steps == []
    world.server.interrupt = None
    await world.after(60)
    writes = [(each.verb, each.resource.kind) for each in world.server.writes]
    assert writes.index(("create", "RevisionMark")) < writes.index(("create", "Machine"))
    assert world.said()["Ready"][0] == "True"


async def test_nothing_is_changed_before_the_mark_of_a_new_revision_is_written() -> None:
    world = await World().begin()
    await world.deploy()
    failing(world, "patch", MARKS)
    await world.deploy(revision=2, memory="300Mi")
    assert world.mark.spec["revision"] == 1
    assert [each.generation for each in world.server.objects(MACHINES)] == [1]
    world.server.interrupt = None
    await world.after(60)
    assert world.mark.spec["revision"] == 2
    assert world.said()["Ready"][0] == "True"


async def test_a_mark_that_another_process_raised_meanwhile_is_not_overwritten() -> None:
    world = await World().begin()
    await world.deploy()
    third = world.manifest(revision=3, params=only(memory="400Mi"))
    raised = {"revision": 3, "digest": "sha256:" + "7" * 64}

    def interrupt(verb: str, resource: Resource, key: ObjectKey) -> None:
        if (verb, resource) == ("patch", MARKS) and world.mark.spec["revision"] == 1:
            world.server.interrupt = None
            held = world.server._objects[(MARKS, key)]
            held["spec"] |= raised
            held["metadata"]["resourceVersion"] = str(int(held["metadata"]["resourceVersion"]) + 10_000)

    world.server.interrupt = interrupt
    await world.apply(third, settle=False)
    await world.deploy(revision=2, memory="300Mi")
    assert world.mark.spec["revision"] == 3
    assert [each.generation for each in world.server.objects(MACHINES)] == [1]


async def test_the_mark_survives_the_deployment_and_holds_the_exact_bytes_that_were_signed() -> None:
    world = await World().begin()
    await world.deploy()
    body = world.mark.spec["body"]
    await world.delete()
    await world.after(5)
    assert world.find(DEPLOYMENTS, "web") is None
    assert world.mark.spec["body"] == body
    assert '"script":' in body
