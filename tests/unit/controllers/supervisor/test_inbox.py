"""What waits to be taken in is read once; what is left in the queue comes anew, and too much of a node stays there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from controllers.supervisor import inbox
from controllers.supervisor.caches import MACHINES
from jobs.broker import NOTHING, Event
from jobs.errors import Unavailable
from tests.unit.controllers.supervisor.fake_node import FakeNode
from tests.unit.controllers.supervisor.world import World

SOME = ["first", "second", "third"]


async def waiting(monkeypatch: pytest.MonkeyPatch) -> tuple[World, FakeNode, str, list[str]]:
    """A machine of whose removal, which nobody asked for, its node says a few things; what is read is noted."""
    world = await World().begin()
    await world.deploy()
    (machine,) = world.server.objects(MACHINES)
    (node,) = world.nodes
    read, events = [], world.broker.events

    async def noted(nodes: Iterable[str], timeout: float, after: Mapping[str, str] = NOTHING) -> list[Event]:
        found = await events(nodes, timeout, after)
        read.extend(each.payload.decode() for each in found)
        return found

    monkeypatch.setattr(world.broker, "events", noted)
    return world, node, machine.uid, read


def say(node: FakeNode, uid: str, *words: str) -> None:
    for each in words:
        node.broker.post_event(uid, 1, each.encode())


async def test_what_waits_is_not_read_again_while_new_words_are(monkeypatch: pytest.MonkeyPatch) -> None:
    world, node, uid, read = await waiting(monkeypatch)
    say(node, uid, *SOME)
    await world.inbox.read()
    await world.inbox.read()
    say(node, uid, "fourth")
    await world.inbox.read()
    assert read == [*SOME, "fourth"]
    assert len(world.inbox.waiting(world.deployment().key)) == 4


async def test_what_the_queue_did_not_forget_comes_anew_when_nothing_else_of_its_node_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, node, uid, read = await waiting(monkeypatch)
    say(node, uid, "first")

    async def away(events: Iterable[Event]) -> None:
        raise Unavailable("Redis does not answer")

    with monkeypatch.context() as cut:
        cut.setattr(world.broker, "settle", away)
        await world.inbox.read()
        await world.reconciler.reconcile(world.deployment().key)
    await world.settle()
    assert read == ["first", "first"]
    assert await world.broker.events([node.id], 0) == []


async def test_of_a_node_that_says_very_much_a_bounded_part_is_held_and_the_rest_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox, "MOST_WAITING", 2)
    world, node, uid, read = await waiting(monkeypatch)
    say(node, uid, *SOME[:2])
    await world.inbox.read()
    say(node, uid, *SOME[2:])
    assert await world.inbox.read() == inbox.PAUSE_SECONDS
    assert read == SOME[:2]
    await world.settle()
    assert read == SOME
