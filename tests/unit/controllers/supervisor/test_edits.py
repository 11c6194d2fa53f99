"""A bad edit never touches what runs: it is refused with its reason, and the accepted revision goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.controllers.supervisor.world import SCRIPT, WITH_VOLUMES, World, only, signed
from tests.unit.trust import world as trusted
from trust.part import format_time


async def running(**params: Any) -> World:
    """A world in which revision 1 of `web` runs."""
    world = await World().begin()
    await world.deploy(**params)
    assert world.said()["Ready"][0] == "True"
    return world


def untouched(world: World, steps: int = 1) -> None:
    """What ran goes on, and Available still tells so."""
    assert len(world.nodes[0].steps) == steps
    assert world.said()["Available"][0] == "True"
    assert world.mark.spec["revision"] == 1
    assert world.deployment().status["accepted"]["revision"] == 1


def refused(world: World, condition: str, reason: str) -> str:
    """The refusal stands where people, `kubectl wait` and kstatus look; returns its words."""
    said = world.said()
    assert said["Ready"][:2] == ("False", "RevisionRefused")
    assert said[condition][:2] == ("False", reason)
    assert said["Stalled"][:2] == ("True", reason)
    assert said["Reconciling"][0] == "False"
    assert said["Ready"][2].startswith(f"{reason}: ")
    assert said["Stalled"][2] == said[condition][2]
    return said[condition][2]


UNSIGNED: dict[str, dict[str, Any]] = {
    "script": {"script": 'machine("mine", #{ cpus: 1, memory: "256Mi", image: params.image });'},
    "params": {"params": {"replicas": 3}},
    "region": {"region": "us"},
    "revision": {"revision": 9},
    "expires": {"expires": format_time(trusted.NOW + 80 * trusted.DAY)},
    "plan": {"plan": "sha256:" + "2" * 64},
    "maxUnavailable": {"maxUnavailable": 9},
}


@pytest.mark.parametrize("field", UNSIGNED)
async def test_a_signed_field_that_is_changed_without_a_new_signature_is_named(field: str) -> None:
    world = await running()
    signed_digest = world.mark.spec["digest"]
    await world.edit(**UNSIGNED[field])
    words = refused(world, "SignatureVerified", "BadSignature")
    assert words.startswith("spec.signatures: no valid signature by a user of namespace a: ")
    assert f"spec.{field} was changed after it was signed (signed digest {signed_digest}, this one sha256:" in words
    assert words.endswith("Sign again: kubectl hardpan sign")
    assert world.said()["Planned"][0] == "Unknown"
    untouched(world)


async def test_a_refused_edit_that_is_taken_back_is_ready_again_without_touching_the_node() -> None:
    world = await running()
    await world.edit(script="loop {}")
    await world.edit(script=SCRIPT)
    assert world.said()["Ready"][0] == "True"
    assert world.said()["Stalled"][0] == "False"
    untouched(world)


async def test_a_script_error_turns_planned_false_with_line_and_column() -> None:
    world = await running()
    script = 'let a = 1;\nmachin("x", #{});'
    await world.apply(world.manifest(revision=2, script=script, plan="sha256:" + "3" * 64))
    words = refused(world, "Planned", "ScriptError")
    assert words == "spec.script line 2, column 1: unknown function `machin`; did you mean `machine`?"
    assert world.said()["SignatureVerified"][0] == "True"
    untouched(world)


async def test_another_plan_than_the_signed_one_is_refused() -> None:
    world = await running()
    await world.apply(world.manifest(revision=2, plan="sha256:" + "3" * 64))
    assert "the script gives plan sha256:" in refused(world, "Planned", "PlanDigestMismatch")
    untouched(world)


async def test_a_plan_over_the_ceilings_is_refused_with_amounts_and_the_snapshot() -> None:
    world = await running()
    ceilings = {"machines": 1, "cpus": 9, "memory": 1 << 30, "volumes": 9, "storage": 1 << 40}
    world.trust.records["Tenant/a"] = trusted.tenant("alice", ceilings=ceilings)
    await world.renew()
    await world.deploy(revision=2, replicas=3)
    words = refused(world, "Planned", "OverCeilings")
    assert words == "spec.ceilings.machines: the plan needs 3, a may use 1 (trust snapshot 3 of 2026-11-24)"
    untouched(world)


async def test_ceilings_that_were_lowered_later_do_not_touch_what_was_accepted() -> None:
    world = await running(replicas=2)
    ceilings = {"machines": 1, "cpus": 1, "memory": 1 << 20, "volumes": 0, "storage": 0}
    world.trust.records["Tenant/a"] = trusted.tenant("alice", ceilings=ceilings)
    await world.renew()
    await world.settle()
    assert world.said()["Ready"][0] == "True"


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (trusted.user("alice", state="revoked"), "KeyRevoked"),
        (trusted.user("alice", state="retired", until="2027-01-01T00:00:00Z"), "KeyRetired"),
        (trusted.user("alice-2"), "UnknownSigner"),
    ],
)
async def test_who_may_no_longer_sign_is_refused_and_what_ran_goes_on(member: dict[str, Any], reason: str) -> None:
    world = await running()
    world.trust.records["User/alice"] = member
    await world.renew()
    await world.deploy(revision=2, replicas=2)
    refused(world, "SignatureVerified", reason)
    untouched(world)


async def test_a_revoked_key_shows_on_what_it_signed_and_a_second_signature_mends_it() -> None:
    world = await running()
    world.trust.records["User/alice"] = trusted.user("alice", state="revoked")
    await world.renew()
    await world.settle()
    refused(world, "SignatureVerified", "KeyRevoked")
    spec = {name: value for name, value in world.deployment().spec.items() if name != "signatures"}
    await world.apply(signed(spec, "web", trusted.TENANT, "a", "bob"))
    assert world.said()["Ready"][0] == "True"
    assert [each["keyID"] for each in world.mark.spec["signatures"]] == [trusted.user_key("bob").key_id]
    assert len(world.nodes[0].steps) == 1


async def test_what_bob_signed_anew_can_be_ordered_of_a_node_that_has_it_not_yet() -> None:
    world = await running()
    world.trust.records["User/alice"] = trusted.user("alice", state="revoked")
    await world.renew()
    spec = {name: value for name, value in world.deployment().spec.items() if name != "signatures"}
    await world.apply(signed(spec, "web", trusted.TENANT, "a", "bob"))
    world.nodes[0].table.clear()
    await world.after(10)
    assert world.nodes[0].runs == {"machine/web-0"}
    assert world.nodes[0].refusals == []


async def test_an_old_revision_is_refused() -> None:
    world = await running()
    old = world.manifest(revision=1)
    await world.deploy(revision=2, memory="300Mi")
    await world.apply(old)
    assert "spec.revision: revision 1 is older than 2" in refused(world, "SignatureVerified", "RevisionTooOld")
    assert world.mark.spec["revision"] == 2
    assert len(world.nodes[0].steps) == 2


async def test_the_same_revision_with_other_content_is_refused() -> None:
    world = await running()
    await world.deploy(revision=1, memory="300Mi")
    assert "Sign a higher one" in refused(world, "SignatureVerified", "RevisionConflict")
    untouched(world)


async def test_an_expired_revision_is_refused() -> None:
    world = await running()
    begins, ends = format_time(world.now() - 20 * trusted.DAY), format_time(world.now() - trusted.DAY)
    await world.apply(world.manifest(revision=2, notBefore=begins, expires=ends))
    assert "spec.expires: the signature ended" in refused(world, "SignatureVerified", "Expired")
    untouched(world)


async def test_parameters_without_a_canonical_form_are_refused_with_their_place() -> None:
    world = await running()
    await world.edit(params={"share": 0.5})
    assert "params.share" in refused(world, "SignatureVerified", "BadEncoding")
    untouched(world)


async def test_a_volume_that_would_shrink_is_refused_before_it_is_accepted() -> None:
    world = await World().begin()
    await world.deploy(script=WITH_VOLUMES, size="128Mi")
    await world.deploy(revision=2, script=WITH_VOLUMES, size="64Mi")
    words = refused(world, "Planned", "UpdateRefused")
    assert words == (
        "spec.script: volume data-0: 128Mi → 64Mi would shrink it: keep the size, or use a new volume name"
    )
    untouched(world, steps=2)


async def test_a_volume_grows() -> None:
    world = await World().begin()
    await world.deploy(script=WITH_VOLUMES, size="64Mi")
    await world.deploy(revision=2, script=WITH_VOLUMES, size="128Mi")
    assert world.said()["Ready"][0] == "True"
    assert world.nodes[0].steps[2:] == [("volume.ensure", "data-0")]


async def test_a_first_revision_that_is_refused_starts_nothing() -> None:
    world = await World().begin()
    await world.apply({**(made := world.manifest()), "spec": {**made["spec"], "params": only(replicas=2)}})
    refused(world, "SignatureVerified", "BadSignature")
    assert world.said()["Available"][:2] == ("False", "NotYetAccepted")
    assert world.nodes[0].steps == []
    assert "accepted" not in world.deployment().status


async def test_a_script_without_end_delays_no_other_deployment() -> None:
    world = await World().begin()
    await world.apply(world.manifest("bomb", script="loop {}", plan="sha256:" + "3" * 64))
    await world.deploy()
    assert world.said(name="bomb")["Planned"][:2] == ("False", "ScriptError")
    assert world.said()["Ready"][0] == "True"
