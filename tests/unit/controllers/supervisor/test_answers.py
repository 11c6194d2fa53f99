"""What counts as an answer: the receipt that the asked node signed for the attempt that was asked, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.loop.errors import Unavailable
from controllers.loop.objects import Object, ObjectKey, Resource
from controllers.supervisor.caches import JOBS, MACHINES
from controllers.supervisor.orders import ABSENT, retry_at
from tests.unit.controllers.supervisor.fake_node import FakeNode
from tests.unit.controllers.supervisor.world import World, only
from tests.unit.trust import world as trusted
from trust.keys import digest


async def waiting(*names: str) -> tuple[World, Object]:
    """A job that its node has in hand and has not answered."""
    world = await World(*names).begin()
    for node in world.nodes:
        node.held = True
    await world.deploy()
    (job,) = world.server.objects(JOBS)
    return world, job


def asked(world: World, job: Object) -> FakeNode:
    """The node of a job."""
    return next(node for node in world.nodes if node.id == job.spec["node"])


def say(node: FakeNode, uid: str, attempt: int, receipt: bytes) -> None:
    """Puts an answer into the node's own events, as who has its password can."""
    node.broker.post_event(uid, attempt, receipt)


def state(world: World) -> dict[str, Any]:
    """Status of the one job."""
    (job,) = world.server.objects(JOBS)
    return dict(job.status)


async def test_the_receipt_of_the_asked_node_ends_the_job_and_its_digest_is_kept() -> None:
    world, job = await waiting()
    receipt = asked(world, job).receipt(job.uid, 1)
    say(asked(world, job), job.uid, 1, receipt)
    await world.settle()
    (ended,) = [each for each in world.server.objects(JOBS) if each.uid == job.uid]
    assert ended.status["receipt"] == digest(receipt)
    assert world.said(JOBS, job.name)["Succeeded"][:2] == ("True", "Succeeded")


FORGERIES: dict[str, dict[str, Any]] = {
    "another key": {"key": trusted.machine_key("mallory")},
    "another node": {"node": trusted.certificate("mallory").node},
    "another attempt": {"attempt": 2},
    "another job": {"job": "uid-of-another"},
}


@pytest.mark.parametrize("what", FORGERIES)
async def test_a_receipt_that_does_not_fit_is_ignored_and_settled(what: str) -> None:
    world, job = await waiting()
    node = asked(world, job)
    fields = {"job": job.uid, "attempt": 1, **FORGERIES[what]}
    say(node, job.uid, 1, node.receipt(**fields))
    await world.settle()
    assert "Succeeded" not in world.said(JOBS, job.name)
    assert await world.broker.events([node.id], 0) == []


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff" * 40, b"[" * 5000])
async def test_what_is_no_receipt_is_ignored_and_settled(payload: bytes) -> None:
    world, job = await waiting()
    say(asked(world, job), job.uid, 1, payload)
    await world.settle()
    assert "Succeeded" not in world.said(JOBS, job.name)
    assert await world.broker.events([asked(world, job).id], 0) == []


async def test_a_node_cannot_answer_for_another_node() -> None:
    world, job = await waiting("node", "other")
    other = next(node for node in world.nodes if node.id != job.spec["node"])
    say(other, job.uid, 1, other.receipt(job.uid, 1))
    await world.settle()
    assert "Succeeded" not in world.said(JOBS, job.name)


async def test_a_node_cannot_say_that_another_nodes_machine_is_gone() -> None:
    world = await World("node", "other").begin()
    await world.deploy()
    machine = world.find(MACHINES, "web-0")
    assert machine is not None
    other = next(node for node in world.nodes if node.id != machine.spec["node"])
    for node in world.nodes:
        node.held = True
    await world.delete()
    say(other, machine.uid + ABSENT, 1, other.receipt(machine.uid + ABSENT, 1))
    await world.settle()
    assert world.names(MACHINES) == ["web-0"]


async def test_nobody_can_say_that_a_machine_is_gone_that_is_wanted() -> None:
    world = await World().begin()
    await world.deploy()
    (machine,), (node,) = world.server.objects(MACHINES), world.nodes
    say(node, machine.uid + ABSENT, 1, node.receipt(machine.uid + ABSENT, 1))
    await world.settle()
    (after,) = world.server.objects(MACHINES)
    assert after.finalizers == machine.finalizers


async def test_an_answer_of_an_earlier_attempt_changes_nothing() -> None:
    world, job = await waiting()
    node = asked(world, job)
    say(node, job.uid, 1, node.receipt(job.uid, 1, "failed", "StepFailed", "no image"))
    await world.settle()
    assert state(world)["attempt"] == 2
    say(node, job.uid, 1, node.receipt(job.uid, 1))
    await world.settle()
    assert world.said(JOBS, job.name)["Succeeded"][:2] == ("Unknown", "Failed")


async def test_an_answer_that_comes_twice_counts_once() -> None:
    world, job = await waiting()
    node = asked(world, job)
    failed = node.receipt(job.uid, 1, "failed", "StepFailed", "no image")
    say(node, job.uid, 1, failed)
    say(node, job.uid, 1, failed)
    await world.settle()
    assert state(world)["attempt"] == 2


async def test_a_late_answer_opens_no_job_that_has_ended() -> None:
    world, job = await waiting()
    node = asked(world, job)
    await world.apply(world.manifest(revision=2, params=only(memory="300Mi")))
    old = next(each for each in world.server.objects(JOBS) if each.uid == job.uid)
    assert world.said(JOBS, old.name)["Succeeded"][:2] == ("False", "Superseded")
    say(node, job.uid, 1, node.receipt(job.uid, 1, "failed", "Cancelled", "stopped before this step"))
    before = len(world.server.writes)
    await world.settle()
    assert "Job status" not in world.writes(before)
    assert world.said(JOBS, old.name)["Succeeded"][:2] == ("False", "Superseded")


async def test_an_answer_is_settled_only_after_kubernetes_has_it_and_nobody_is_pressed_meanwhile() -> None:
    world, job = await waiting()
    node = asked(world, job)

    tries: list[float] = []

    def interrupt(verb: str, resource: Resource, key: ObjectKey) -> None:
        if (verb, resource) == ("status", JOBS):
            tries.append(world.seconds)
            raise Unavailable("not now")

    world.server.interrupt = interrupt
    say(node, job.uid, 1, node.receipt(job.uid, 1))
    await world.settle()
    await world.after(60)
    assert len(await world.broker.events([node.id], 0)) == 1
    assert len(tries) < 30
    world.server.interrupt = None
    await world.after(60)
    assert world.said(JOBS, job.name)["Succeeded"][0] == "True"
    assert await world.broker.events([node.id], 0) == []


async def test_the_nodes_refusal_shows_in_job_machine_and_deployment() -> None:
    world, job = await waiting()
    node = asked(world, job)
    say(node, job.uid, 1, node.receipt(job.uid, 1, "refused", "WrongRegion", "signed for region us"))
    await world.after(2)
    assert world.said(JOBS, job.name)["Succeeded"] == ("Unknown", "RefusedByNode", "WrongRegion: signed for region us")
    assert world.said(MACHINES, "web-0")["Ready"][1] == "RefusedByNode"
    assert "WrongRegion: signed for region us" in world.said()["Ready"][2]


# Retries --------------------------------------------------------------------------------------------------------------


async def test_what_fails_is_tried_again_ever_less_often() -> None:
    world = await World().begin()
    world.nodes[0].trouble[("machine", "web-0")] = "the image cannot be fetched"
    await world.deploy()
    await world.after(10, step=0.5)
    assert 4 <= state(world)["attempt"] <= 5
    await world.after(600, step=5)
    assert 8 <= state(world)["attempt"] <= 11
    world.nodes[0].trouble.clear()
    await world.after(300, step=5)
    assert world.said()["Ready"][0] == "True"
    assert len(world.names(JOBS)) == 1


@given(st.integers(1, 10**6), st.uuids().map(str))
def test_a_retry_is_due_between_one_second_and_five_minutes(attempt: int, uid: str) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    pause = retry_at(attempt, uid, now) - now
    assert timedelta(seconds=1) <= pause <= timedelta(minutes=5)
    assert pause == retry_at(attempt, uid, now) - now


def test_retries_of_different_jobs_are_spread() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert len({retry_at(20, f"uid-{number}", now) for number in range(100)}) > 90
