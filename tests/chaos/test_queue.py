"""Random interleavings on a real Redis: whatever dies or is emptied when, no attempt runs twice and no job is lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jobs.broker import Claim, Event
from jobs.errors import AlreadyDone, HeldElsewhere, JobsError, StaleFence
from jobs.redis_controller import RedisControllerBroker
from jobs.redis_node import RedisNodeBroker
from tests.system.redis_server import RedisServer
from tests.system.requirements import need
from tests.unit.jobs.contract import NODE

pytestmark = pytest.mark.chaos
JOBS = 60
STEPS = 1500
LAST_PASSES = 200


@dataclass
class Truth:
    """What Kubernetes knows: attempts by compare-and-swap, and the results that it accepted."""

    attempts: dict[str, int] = field(default_factory=lambda: {f"job-{number}": 1 for number in range(JOBS)})
    ended: Counter[str] = field(default_factory=Counter)

    @property
    def open(self) -> list[str]:
        """What has not ended."""
        return [uid for uid in self.attempts if uid not in self.ended]

    def take(self, event: Event) -> None:
        """As the supervisor: another attempt's result does not count; an interrupted one is tried again."""
        if event.uid in self.ended or event.attempt != self.attempts[event.uid]:
            return
        if event.payload == b"succeeded":
            self.ended[event.uid] += 1
        else:
            self.attempts[event.uid] += 1


@dataclass
class Journal:
    """What the node's disk knows; survives the runner. `guards` off is the negative control."""

    guards: bool = True
    rows: dict[str, tuple[int, bytes | None]] = field(default_factory=dict)

    def begin(self, claim: Claim) -> str:
        """What to do with a delivery."""
        attempt, result = self.rows.get(claim.uid, (0, None))
        if not self.guards or claim.attempt > attempt:
            self.rows[claim.uid] = (claim.attempt, None)
            return "run"
        if claim.attempt < attempt:
            return "stale"
        return "interrupted" if result is None else "resend"


@dataclass
class Killed(Exception):
    """The runner's process died here."""


@dataclass
class Node:
    """One runner: dies at random between any two of its steps; `effects` is what the world saw."""

    server: RedisServer
    chance: random.Random
    journal: Journal
    effects: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.boots, self.fresh = 0, True
        self._connect()

    def _connect(self) -> None:
        self.boots += 1
        self.broker = RedisNodeBroker(NODE, self.server.connection(NODE, "password"))
        self.fresh = True

    def die(self) -> None:
        """A new process comes up after this one."""
        self.broker.close()
        self._connect()

    def step(self) -> None:
        """One delivery, if there is one."""
        try:
            claim = self.broker.claim(0, pending=self.fresh)
            if claim is None:
                self.fresh = False
                return
            self._deliver(claim)
        except Killed:
            self.die()
        except JobsError:
            self.fresh = True

    def _deliver(self, claim: Claim) -> None:
        delivery = self.journal.begin(claim)
        self._may_die()
        if delivery == "stale":
            return self.broker.drop(claim)
        try:
            self.broker.start(claim, f"boot-{self.boots}", takeover=True)
            self._may_die()
            result = self._result(claim, delivery)
            self._may_die()
            self.broker.finish(claim, f"boot-{self.boots}", result)
            self._may_die()
        except (StaleFence, AlreadyDone):
            self.broker.drop(claim)
        except HeldElsewhere:
            self.fresh = True

    def _result(self, claim: Claim, delivery: str) -> bytes:
        result = self.journal.rows[claim.uid][1] if delivery == "resend" else None
        if result is None:
            if delivery == "run":
                self.effects[claim.uid, claim.attempt] += 1
                self._may_die()
            result = b"succeeded" if delivery == "run" else b"interrupted"
        self.journal.rows[claim.uid] = (claim.attempt, result)
        return result

    def _may_die(self) -> None:
        if self.chance.random() < 0.06:
            raise Killed


@dataclass
class World:
    """Server, node, two supervisors of which one is a stale leader, and the truth."""

    server: RedisServer
    seed: int
    journal: Journal

    def __post_init__(self) -> None:
        self.chance, self.truth = random.Random(self.seed), Truth()
        self.supervisors = [RedisControllerBroker(self.server.supervisor) for _ in range(2)]
        self.node = Node(self.server, self.chance, self.journal)

    async def supervise(self, *, dies: bool) -> None:
        """One pass: take events in, settle them, place again what is open."""
        broker = self.chance.choice(self.supervisors)
        try:
            events = await broker.events([NODE], 0)
            for event in events:
                self.truth.take(event)
            if dies and self.chance.random() < 0.2:
                return
            await broker.settle(events)
            for uid in self.truth.open:
                await broker.enqueue(NODE, uid, self.truth.attempts[uid], b"envelope", {})
        except JobsError:
            return

    async def disturb(self) -> None:
        """Emptied, lost or killed; the node's user comes back as it would when the node asks for it."""
        match self.chance.randrange(12):
            case 0 | 1 | 2:
                self.server.flush()
            case 3:
                self.server.kill()
                self.server.start()
            case 4:
                self.server.restart_empty()
            case 5 | 6:
                self.node.die()
        await self.let_in()

    async def let_in(self) -> None:
        """Grants the node's user."""
        for _ in range(3):
            try:
                return await self.supervisors[0].grant(NODE, "password")
            except JobsError:
                continue
        raise AssertionError("Redis does not come back")

    async def run(self) -> None:
        """Storm, then quiet until all is done or clearly never will be."""
        await self.let_in()
        for _ in range(STEPS):
            match self.chance.randrange(20):
                case 0:
                    await self.disturb()
                case 1 | 2 | 3 | 4:
                    await self.supervise(dies=True)
                case _:
                    self.node.step()
        for _ in range(LAST_PASSES):
            await self.supervise(dies=False)
            if not self.truth.open:
                break
            for _ in range(5):
                self.node.step()

    async def close(self) -> None:
        """Lets go."""
        for supervisor in self.supervisors:
            await supervisor.close()
        self.node.broker.close()


async def storm(server: RedisServer, seed: int, journal: Journal) -> World:
    """A world after its storm."""
    world = World(server, seed, journal)
    try:
        await world.run()
    finally:
        await world.close()
    return world


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of its own."""
    need("redis")
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("seed", [1, 7, 2026])
async def test_no_attempt_runs_twice_and_no_job_is_lost(server: RedisServer, seed: int) -> None:
    world = await storm(server, seed, Journal())
    assert world.truth.open == []
    assert set(world.truth.ended.values()) == {1}
    assert set(world.node.effects.values()) == {1}
    assert world.node.boots > 5
    with server.operator() as client:
        left = {key.decode().rsplit(":", 1)[1] for key in client.keys("nq:{*")}  # type: ignore[union-attr]
        assert left <= {"q0", "q1", "q2", "ev"}
        assert sum(client.xlen(key) for key in client.keys("nq:{*")) == 0  # type: ignore[union-attr]


async def test_without_the_journal_the_same_storm_runs_attempts_twice(server: RedisServer) -> None:
    world = await storm(server, 7, Journal(guards=False))
    assert max(world.node.effects.values()) > 1
