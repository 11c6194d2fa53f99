"""Trust that ends, breaks or goes back keeps what runs and starts nothing new; signatures that end say so in time."""

from __future__ import annotations

from controllers.loop.objects import resource_of
from controllers.supervisor.caches import MACHINES
from crds.trust import TRUST
from crds.user import USER
from tests.unit.controllers.supervisor.world import World
from tests.unit.trust import world as trusted
from trust.part import format_time


async def test_an_ended_snapshot_keeps_what_runs_ready_and_accepts_nothing_new() -> None:
    world = await World().begin()
    await world.deploy()
    later = world.manifest(revision=2)
    world.seconds += (14 * trusted.DAY).total_seconds()
    await world.say(world.nodes[0])
    await world.settle()
    assert world.said()["Ready"][0] == "True"
    await world.apply(later)
    assert world.said()["SignatureVerified"][:2] == ("False", "TrustExpired")
    assert "hardpan trust renew" in world.said()["Ready"][2]
    assert world.said()["Available"][0] == "True"
    await world.renew()
    await world.settle()
    assert world.said()["Ready"][0] == "True"
    assert world.mark.spec["revision"] == 2


async def test_without_any_trust_what_runs_goes_on_and_is_still_told_truly() -> None:
    world = await World().begin()
    await world.deploy(replicas=2)
    seen = world.find(resource_of(TRUST), "cluster", "")
    assert seen is not None
    await world.server.delete(seen)
    await world.settle()
    said = world.said()
    assert said["Ready"][:2] == ("False", "RevisionRefused")
    assert said["SignatureVerified"][:2] == ("False", "NoTrust")
    assert said["Available"][0] == "True"
    assert world.deployment().status["accepted"] == {
        "revision": 1, "digest": world.mark.spec["digest"], "plan": world.mark.spec["plan"], "signers": ["alice"],
        "region": "eu",
    }  # fmt: skip
    await world.delete(MACHINES, "web-1")
    await world.after(30)
    assert len(world.nodes[0].steps) == 2
    await world.renew()
    await world.after(30)
    assert world.said()["Ready"][0] == "True"


async def test_an_older_snapshot_is_refused_and_what_runs_goes_on() -> None:
    world = await World().begin()
    await world.deploy()
    old = world.trust.bundle()
    await world.renew()
    await world.settle()
    await world.install(old)
    await world.deploy(revision=2, memory="300Mi")
    assert world.said()["SignatureVerified"][:2] == ("False", "TrustRollback")
    assert world.said()["Available"][0] == "True"
    assert len(world.nodes[0].steps) == 1


async def test_a_record_that_the_snapshot_does_not_list_does_not_count() -> None:
    world = await World().begin()
    await world.put(resource_of(USER), "mallory", trusted.user("mallory"))
    await world.apply(world.manifest(by="mallory"))
    assert world.said()["SignatureVerified"][:2] == ("False", "UnknownSigner")


async def test_a_record_with_other_content_than_listed_does_not_count() -> None:
    world = await World().begin()
    await world.put(resource_of(USER), "alice", trusted.user("alice", "mallory"))
    await world.apply(world.manifest(by="mallory"))
    assert world.said()["SignatureVerified"][:2] == ("False", "UnknownSigner")
    await world.apply(world.manifest(by="alice"))
    assert world.said()["SignatureVerified"][:2] == ("False", "UnknownSigner")


async def test_a_namespace_without_a_tenant_is_refused_with_the_remedy() -> None:
    world = await World().begin()
    del world.trust.records["Tenant/a"]
    await world.renew()
    world.trust.records["Tenant/a"] = trusted.tenant("alice")
    await world.apply(world.manifest())
    assert world.said()["SignatureVerified"][:2] == ("False", "RecordNotListed")
    assert "hardpan tenant add" in world.said()["Ready"][2]


async def test_an_ended_signature_keeps_what_runs_and_says_that_it_is_due_two_weeks_before() -> None:
    world = await World().begin()
    await world.deploy()
    assert world.said()["RenewalDue"][:2] == ("False", "Valid")

    async def days_later(days: int) -> None:
        world.seconds += (days * trusted.DAY).total_seconds()
        await world.renew()
        await world.say(world.nodes[0])
        await world.settle()

    await days_later(47)
    assert world.said()["RenewalDue"][:2] == ("True", "SignatureEndsSoon")
    await days_later(14)
    assert world.said()["RenewalDue"][:2] == ("True", "SignatureEnded")
    assert world.said()["Ready"][0] == "True"
    world.nodes[0].table.clear()
    await world.after(20)
    assert world.nodes[0].runs == {"machine/web-0"}
    assert world.said()["Ready"][0] == "True"


async def test_renewal_is_told_though_nothing_else_happens() -> None:
    world = await World().begin()
    begins, ends = format_time(world.now()), format_time(world.now() + 14 * trusted.DAY + 2 * trusted.DAY / 24)
    await world.apply(world.manifest(notBefore=begins, expires=ends))
    assert world.said()["RenewalDue"][0] == "False"
    await world.after(3 * 3600, step=60)
    assert world.said()["RenewalDue"][:2] == ("True", "SignatureEndsSoon")


async def test_a_threshold_counts_people_not_signatures() -> None:
    world = await World().begin()
    record = dict(world.trust.records["Tenant/a"]) | {"thresholds": {"deploy": 2}}
    world.trust.records["Tenant/a"] = record
    await world.renew()
    manifest = world.manifest()
    both = manifest["spec"]["signatures"] * 2
    await world.apply({**manifest, "spec": {**manifest["spec"], "signatures": both}})
    assert world.said()["SignatureVerified"][:2] == ("False", "ThresholdNotMet")
