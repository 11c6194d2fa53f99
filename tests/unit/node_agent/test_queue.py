"""The agent serves its queue: each job once, whatever is lost or repeated on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.broker import Claim, Connection
from jobs.errors import Unavailable
from jobs.testing import MemoryControllerBroker, MemoryNodeBroker, MemoryRedis
from node_agent.agent.consumer import Consumer
from node_agent.agent.delivery import LARGEST_LOAD, deliver
from node_agent.agent.heartbeat import Heartbeat
from node_agent.agent.queue import Queue
from node_agent.status import StatusBoard
from tests.unit.node_agent.cluster import read_receipt
from tests.unit.node_agent.node import MACHINE, VOLUME, Node
from trust.keys import digest
from trust.machine import open_signed
from trust.report import REPORT_TYPE, Report

STEPS = [("volume", "data-0", 1, 1), ("machine", "web-0", 1, 1)]


class Site:
    """A node, its queue, and the supervisor's end of it."""

    def __init__(self, folder: Path) -> None:
        self.node = Node(folder)
        self.name = self.node.web.node
        self.redis = MemoryRedis()
        self.supervisor = MemoryControllerBroker(self.redis)
        self.redis.queue(self.name, make=True)
        self.broker = MemoryNodeBroker(self.redis, self.name)

    async def place(self, job: str = "job-1", attempt: int = 1) -> None:
        """The supervisor places the deployment's job."""
        envelope = self.node.web.ensure(job, *STEPS, attempt=attempt)
        await self.supervisor.enqueue(self.name, job, attempt, envelope, self.node.web.documents())

    def claim(self) -> Claim:
        """The next entry."""
        claim = self.broker.claim(0, pending=False)
        assert claim is not None
        return claim

    def deliver(self, claim: Claim) -> None:
        """Handles an entry."""
        deliver(claim, self.broker, self.node.direct, "boot-1")

    async def receipts(self) -> list[str]:
        """The states that the node reported, in order."""
        events = await self.supervisor.events([self.name], 0)
        return [read_receipt(each.payload, self.node.public).state for each in events if each.uid != "report"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A node with an empty queue."""
    return Site(tmp_path)


async def test_a_placed_job_runs_and_its_receipt_comes_back(site: Site) -> None:
    await site.place()
    site.deliver(site.claim())
    assert await site.receipts() == ["succeeded"]
    assert site.node.table() == {MACHINE: "running", VOLUME: "present"}
    assert site.broker.claim(0, pending=True) is None


async def test_the_heartbeat_knows_what_a_receipt_is_about_before_the_receipt_is_there(site: Site) -> None:
    await site.place()
    claim, rows = site.claim(), list[str]()
    finish = site.broker.finish

    def look_first(*arguments: Any) -> None:
        kept = site.redis.queue(site.name).heartbeat
        assert kept is not None
        report = open_signed(kept[1], REPORT_TYPE, Report, site.node.public)
        rows.extend(row.name for row in report.table)
        finish(*arguments)

    site.broker.finish = look_first  # type: ignore[method-assign]
    site.deliver(claim)
    assert rows == ["web-0", "data-0"]


async def test_a_queue_that_lost_everything_costs_a_receipt_and_no_work(site: Site) -> None:
    await site.place()
    site.deliver(site.claim())
    site.redis.flush()
    effects = list(site.node.host.effects)
    await site.place()
    site.deliver(site.claim())
    assert await site.receipts() == ["succeeded"]
    assert site.node.host.effects == effects


async def test_an_attempt_older_than_one_seen_before_is_refused_and_does_nothing(site: Site) -> None:
    """Who asks may have been set back to an older state, and would wait for ever if it were told nothing."""
    await site.place(attempt=2)
    site.deliver(site.claim())
    site.redis.flush()
    effects = list(site.node.host.effects)
    await site.place(attempt=1)
    site.deliver(site.claim())
    assert await site.receipts() == ["refused"]
    assert site.node.host.effects == effects


async def test_a_receipt_that_did_not_get_through_is_sent_again(site: Site) -> None:
    await site.place()
    claim = site.claim()
    finish = site.broker.finish
    site.broker.finish = lambda *_: (_ for _ in ()).throw(Unavailable("gone"))  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        site.deliver(claim)
    site.broker.finish = finish  # type: ignore[method-assign]
    effects = list(site.node.host.effects)
    pending = site.broker.claim(0, pending=True)
    assert pending == claim
    site.deliver(pending)
    assert await site.receipts() == ["succeeded"]
    assert site.node.host.effects == effects


async def test_garbage_in_the_queue_is_answered_with_a_refusal(site: Site) -> None:
    await site.supervisor.enqueue(site.name, "job-1", 1, b"garbage", {})
    site.deliver(site.claim())
    assert await site.receipts() == ["refused"]


async def test_two_jobs_run_side_by_side(site: Site) -> None:
    meeting = threading.Barrier(2, timeout=5)
    site.node.host.before = lambda effect, name: meeting.wait() and None if effect == "create" else None
    for number in (0, 1):
        site.node.web.items[("volume", f"data-{number}")] = site.node.web.items[("volume", "data-0")]
    for number in (0, 1):
        envelope = site.node.web.ensure(f"job-{number}", ("volume", f"data-{number}", 1, 1))
        await site.supervisor.enqueue(site.name, f"job-{number}", 1, envelope, site.node.web.documents())
    await serve(site, Consumer(site.broker, site.node.direct, "boot-1", 2), lambda: len(site.node.table()) == 2)
    assert await site.receipts() == ["succeeded", "succeeded"]


async def test_what_was_in_hand_before_comes_first(site: Site) -> None:
    await site.place("job-1")
    site.claim()
    await site.place("job-2")
    consumer = Consumer(site.broker, site.node.direct, "boot-1", 2)
    await serve(site, consumer, lambda: len(site.redis.queue(site.name).events) == 2)
    assert [uid for uid, _, _ in site.redis.queue(site.name).events.values()] == ["job-1", "job-2"]


async def serve(site: Site, consumer: Consumer, until: Callable[[], bool]) -> None:
    """Lets the consumer serve until the condition holds."""
    stopping = threading.Event()
    thread = threading.Thread(target=consumer.serve, args=(stopping,))
    thread.start()
    try:
        assert wait_for(until)
    finally:
        stopping.set()
        thread.join(10)
    assert not thread.is_alive()


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition comes true in time."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return True
        pause.wait(0.01)
    return False


async def test_a_change_of_state_is_told_at_once_and_wakes_the_supervisor(site: Site) -> None:
    heartbeat = Heartbeat(site.broker, site.node.direct, 0.01)
    version = heartbeat.beat(-1)
    await site.place()
    site.deliver(site.claim())
    heartbeat.beat(version)
    kept = (await site.supervisor.heartbeats([site.name]))[site.name]
    report = open_signed(kept, REPORT_TYPE, Report, site.node.public)
    assert {row.name: row.state for row in report.table} == {"web-0": "running", "data-0": "present"}
    reports = [each for each in await site.supervisor.events([site.name], 0) if each.uid == "report"]
    assert reports[-1].payload == kept


async def test_nothing_new_is_a_heartbeat_without_an_event(site: Site) -> None:
    heartbeat = Heartbeat(site.broker, site.node.direct, 0.01)
    version = heartbeat.beat(-1)
    before = len(await site.supervisor.events([site.name], 0))
    assert heartbeat.beat(version) == version
    assert len(await site.supervisor.events([site.name], 0)) == before


class Tie:
    """A `Queue` over brokers that are made from passwords; `given` counts how often credentials were asked for."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.given = site, 0
        self.lines: list[str] = []
        board = StatusBoard(folder / "status.json", site.node.clock, self.lines.append)
        self.stopping = threading.Event()
        site.redis.users[site.name] = "first"
        self.queue = Queue(site.node.direct, self.obtain, self.connect, board, "boot-1", 2, 0.05)
        self.thread = threading.Thread(target=self.queue.serve, args=(self.stopping,))

    def obtain(self) -> Connection:
        """The password that holds now."""
        self.given += 1
        nowhere = Path("/nowhere")
        password = self.site.redis.users[self.site.name]
        return Connection("rediss://nowhere", self.site.name, password, nowhere, nowhere, nowhere)

    def connect(self, connection: Connection) -> MemoryNodeBroker:
        """A broker with this password."""
        return MemoryNodeBroker(self.site.redis, self.site.name, connection.password)

    def said(self, text: str) -> bool:
        """Whether the console showed it."""
        return any(text in line for line in self.lines)


@pytest.fixture
def tie(site: Site, tmp_path: Path) -> Iterator[Tie]:
    """A served queue."""
    made = Tie(site, tmp_path)
    made.thread.start()
    yield made
    made.stopping.set()
    made.thread.join(15)


async def test_a_queue_that_is_away_is_told_and_work_goes_on_when_it_is_back(tie: Tie) -> None:
    assert wait_for(lambda: tie.said("queue Connected"))
    tie.site.redis.down = True
    assert wait_for(lambda: tie.said("queue Away Unavailable"))
    tie.site.redis.down = False
    await tie.site.place()
    assert wait_for(lambda: MACHINE in tie.site.node.table())
    assert tie.given == 1


async def test_a_refused_password_is_replaced_by_a_new_one(tie: Tie) -> None:
    assert wait_for(lambda: tie.said("queue Connected"))
    tie.site.redis.users[tie.site.name] = "second"
    assert wait_for(lambda: tie.said("AccessDenied"))
    await tie.site.place()
    assert wait_for(lambda: MACHINE in tie.site.node.table())
    assert tie.given == 2


async def test_a_job_that_names_more_than_fits_takes_no_more_memory_than_fits(site: Site) -> None:
    large = {digest(data): data for data in (bytes([number]) * (1 << 20) for number in range(20))}
    envelope = site.node.web.ensure("job-1", *STEPS, certificates=list(large))
    await site.supervisor.enqueue(site.name, "job-1", 1, envelope, site.node.web.documents() | large)
    fetched, fetch = list[int](), site.broker.document

    def counted(wanted: str) -> bytes:
        data = fetch(wanted)
        fetched.append(len(data))
        return data

    site.broker.document = counted  # type: ignore[method-assign]
    site.deliver(site.claim())
    assert await site.receipts() == ["refused"]
    assert sum(fetched) < LARGEST_LOAD + (1 << 20)
    assert site.node.table() == {}
