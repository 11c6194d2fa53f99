"""Real watches of a real API server: nothing is missed, bursts merge, one process works, and it ends in good order."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from controllers.loop.access import login
from controllers.loop.cache import Cache
from controllers.loop.controller import Controller, Done, Outcome, Watch
from controllers.loop.errors import Conflict, NotFound, WatchEnded
from controllers.loop.informer import Deliver, ResyncTimes, WatchEvent
from controllers.loop.kube_http import HttpKube
from controllers.loop.lease import Lease
from controllers.loop.metrics import Metrics
from controllers.loop.objects import LEASE, ObjectKey, Resource
from controllers.loop.operation import Operation
from controllers.loop.process import Context, Process
from controllers.loop.remembering import RememberingKube
from controllers.loop.settings import LoopSettings
from controllers.loop.watch import KopfSource, refuse_foreign_handlers
from tests.cluster.loop_kinds import CRD, crd, install
from tests.cluster.test_loop_kube import Cluster
from tests.unit.controllers.loop.kube_contract import WIDGET, widget

ROOT = Path(__file__).parents[2]
LATENCY_BUDGET_SECONDS = 0.05


@pytest.fixture
async def http(kubernetes: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpKube]:
    monkeypatch.setenv("KUBECONFIG", str(kubernetes.kubeconfig))
    kube = HttpKube(login)
    await install(kube)
    yield kube
    for each in (await kube.list(WIDGET)).objects:
        await kube.delete(each)
    await kube.close()


class Gap:
    """A watch that loses events on demand, as one does that was away for too long."""

    def __init__(self, source: KopfSource) -> None:
        self._source = source
        self.open = False

    async def run(self, resources: Collection[Resource], deliver: Deliver, stop: asyncio.Event) -> None:
        def hear(event: WatchEvent) -> None:
            if not self.open:
                deliver(event)

        await self._source.run(resources, hear, stop)


class World:
    """A process in this event loop that makes widgets ready; `began` tells when each key was reconciled."""

    def __init__(self, http: HttpKube, slow: float = 0.0, times: ResyncTimes | None = None) -> None:
        self.http = http
        self.slow = slow
        self.cache = Cache(WIDGET)
        self.began: dict[str, list[float]] = {}
        self.sizes: dict[str, int] = {}
        self.gap = Gap(KopfSource(http, login))
        self._kube = RememberingKube(http)
        self._kube.remember(self.cache)
        self._times = times or ResyncTimes()

    async def reconcile(self, key: ObjectKey) -> Outcome:
        self.began.setdefault(key.name, []).append(time.perf_counter())
        found = self.cache.get(key)
        if found is not None:
            self.sizes[key.name] = found.spec["size"]
            await self._kube.apply_status(found, {"phase": "Ready"}, "test")
        await asyncio.sleep(self.slow)
        return Done()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Operation]:
        stop = asyncio.Event()
        lease = Lease(self.http, ObjectKey("default", "unused"), "test")
        process = Process([Controller("test", [Watch(self.cache)], self.reconcile)], leads=False)
        settings = LoopSettings("test", resync_times=self._times)
        operation = Operation(process, Context(self._kube, lease, Metrics()), self.gap, settings, stop)
        task = asyncio.create_task(operation.run())
        try:
            await until(lambda: operation.ready or task.done())
            await self.settle()
            yield operation
        finally:
            stop.set()
            await asyncio.wait_for(task, 15)

    async def settle(self) -> None:
        """Until the watch is there: a widget is seen without a list."""
        probe = await self.http.create(WIDGET, widget())
        await until(lambda: probe.name in self.began)


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


async def test_five_hundred_objects_are_each_reconciled_and_made_ready(http: HttpKube) -> None:
    world = World(http)
    async with world.running():
        names = {f"many-{number}" for number in range(500)}
        limit = asyncio.Semaphore(8)

        async def make(name: str) -> None:
            async with limit:
                await http.create(WIDGET, widget(name))

        await asyncio.gather(*(make(name) for name in names))
        await until(lambda: names <= world.began.keys())
        await until(lambda: all(each.status.get("phase") == "Ready" for each in world.cache.all()))
    listing = await http.list(WIDGET)
    assert [each.name for each in listing.objects if each.status.get("phase") != "Ready"] == []


async def test_a_burst_of_forty_updates_is_few_reconciles_and_the_last_is_seen(http: HttpKube) -> None:
    world = World(http, slow=0.5)
    async with world.running():
        made = await http.create(WIDGET, widget("burst"))
        await until(lambda: "burst" in world.began)
        for size in range(2, 42):
            await resize(http, made.key, size)
        await until(lambda: world.sizes["burst"] == 41)
        await asyncio.sleep(0.2)
    assert len(world.began["burst"]) <= 20


async def resize(http: HttpKube, key: ObjectKey, size: int) -> None:
    """Tries again while the status is written in between."""
    while True:
        try:
            await http.patch(await http.get(WIDGET, key), {"spec": {"size": size}})
        except Conflict:
            continue
        return


async def test_a_reconcile_begins_within_milliseconds_of_the_change(http: HttpKube) -> None:
    world = World(http)
    waits = []
    async with world.running():
        for number in range(30):
            sent = time.perf_counter()
            await http.create(WIDGET, widget(f"quick-{number}"))
            await until(lambda: f"quick-{number}" in world.began)  # noqa: B023
            waits.append(world.began[f"quick-{number}"][0] - sent)
    # The lower quartile: a machine that is busy with something else makes some wait, a loop that polls makes all.
    assert statistics.quantiles(waits, n=4)[0] < LATENCY_BUDGET_SECONDS


async def test_a_deletion_in_a_watch_gap_is_found_by_the_next_list(http: HttpKube) -> None:
    world = World(http, times=ResyncTimes(period=0.5, settle=0.2, gap=0.1))
    async with world.running():
        gone = await http.create(WIDGET, widget("gone"))
        await until(lambda: world.cache.get(gone.key))
        world.gap.open = True
        await http.delete(await http.get(WIDGET, gone.key))
        runs = len(world.began["gone"])
        await until(lambda: world.cache.get(gone.key) is None, 5)
        await until(lambda: len(world.began["gone"]) > runs, 5)


async def test_a_kind_that_is_taken_away_ends_the_watches(http: HttpKube) -> None:
    thing = Resource("test.hardpan.dev", "v1", "things", "Thing", namespaced=True)
    defined = await http.create(CRD, crd(thing))
    await until_served(http, thing)
    heard: list[WatchEvent] = []
    running = asyncio.create_task(KopfSource(http, login).run([thing], heard.append, asyncio.Event()))
    await asyncio.sleep(0.5)
    await http.create(thing, widget("one"))
    await until(lambda: heard)
    await http.delete(await http.get(CRD, defined.key))
    with pytest.raises(WatchEnded):
        await asyncio.wait_for(running, 30)


async def until_served(http: HttpKube, resource: Resource) -> None:
    async with asyncio.timeout(10):
        while not await http.served(resource):
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)


async def test_kopf_leaves_the_tasks_of_others_alone_when_it_ends(http: HttpKube) -> None:
    stop = asyncio.Event()
    source = asyncio.create_task(KopfSource(http, login).run([WIDGET], lambda _: None, stop))
    await asyncio.sleep(0.5)
    later = asyncio.create_task(asyncio.sleep(60))
    began = time.perf_counter()
    stop.set()
    await asyncio.wait_for(source, 10)
    assert time.perf_counter() - began < 3
    assert not later.done()
    later.cancel()


def test_kopf_may_only_deliver_events() -> None:
    import kopf

    registry = kopf.OperatorRegistry()
    kopf.on.create("test.hardpan.dev", "v1", "widgets", id="foreign", registry=registry)(lambda **_: None)
    with pytest.raises(ValueError, match="foreign"):
        refuse_foreign_handlers(registry)


class Child:
    """A controller process of its own, and what it printed."""

    def __init__(self, folder: Path, lease: str, *words: str) -> None:
        command = [sys.executable, "-m", "tests.cluster.loop_child", lease, *words]
        self._said = folder / f"{uuid4().hex}.log"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=said, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
            )

    @property
    def up(self) -> bool:
        """Whether it is a candidate by now."""
        return self._said.read_text().startswith("up")

    def reconciled(self, name: str) -> int | None:
        """The fence with which it reconciled a widget, or None."""
        lines = [line.split() for line in self._said.read_text().splitlines()]
        return next((int(line[2]) for line in lines if len(line) == 4 and line[1] == name), None)

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code and what it wrote to standard error."""
        self.process.send_signal(number)
        code = self.process.wait(20)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()


@pytest.fixture
def start(http: HttpKube, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def begin(*words: str) -> Child:
        children.append(Child(tmp_path, *words))
        return children[-1]

    yield begin
    for child in children:
        child.process.kill()
        child.process.wait(10)
        if child.process.stderr is not None:
            child.process.stderr.close()


async def make(http: HttpKube) -> str:
    return (await http.create(WIDGET, widget())).name


async def test_of_two_candidates_one_works_and_the_other_takes_over_when_it_is_killed(
    http: HttpKube, start: Callable[..., Child]
) -> None:
    lease = f"t-{uuid4().hex[:8]}"
    first = start(lease)
    one = await make(http)
    await until(lambda: first.reconciled(one))
    second = start(lease)
    await until(lambda: second.up)
    await asyncio.sleep(1)
    two = await make(http)
    await until(lambda: first.reconciled(two))
    assert second.reconciled(two) is None
    first.end(signal.SIGKILL)
    killed = time.perf_counter()
    three = await make(http)
    await until(lambda: second.reconciled(three))
    assert time.perf_counter() - killed < 8
    assert (second.reconciled(three) or 0) > (first.reconciled(two) or 0)


async def test_asked_to_end_it_lets_the_lease_go_and_the_next_one_works_at_once(
    http: HttpKube, start: Callable[..., Child]
) -> None:
    lease = f"t-{uuid4().hex[:8]}"
    first, one = start(lease), await make(http)
    await until(lambda: first.reconciled(one))
    assert first.end()[0] == 0
    held = await http.get(LEASE, ObjectKey("default", f"hardpan-{lease}"))
    assert held.spec["holderIdentity"] == ""
    second, two = start(lease), await make(http)
    await until(lambda: second.reconciled(two))
    assert (second.reconciled(two) or 0) > (first.reconciled(one) or 0)


async def test_a_stolen_lease_ends_the_process_with_an_error(http: HttpKube, start: Callable[..., Child]) -> None:
    lease = f"t-{uuid4().hex[:8]}"
    child, one = start(lease), await make(http)
    await until(lambda: child.reconciled(one))
    key = ObjectKey("default", f"hardpan-{lease}")
    await steal(http, key)
    code = await asyncio.to_thread(child.process.wait, 20)
    assert code == 1
    assert child.process.stderr is not None
    assert "is held by thief" in child.process.stderr.read()


async def steal(http: HttpKube, key: ObjectKey) -> None:
    await http.patch(await http.get(LEASE, key), {"spec": {"holderIdentity": "thief"}})


async def test_a_missing_crd_ends_the_process_with_one_line(start: Callable[..., Child]) -> None:
    child = start(f"t-{uuid4().hex[:8]}", "missing")
    assert await asyncio.to_thread(child.process.wait, 30) == 1
    assert child.process.stderr is not None
    lines = child.process.stderr.read().strip().splitlines()
    assert len(lines) == 1
    assert "does not serve gadgets.nowhere.hardpan.dev: install the CRDs first" in lines[0]


async def test_what_is_gone_is_not_found_by_name(http: HttpKube) -> None:
    with pytest.raises(NotFound):
        await http.get(WIDGET, ObjectKey("default", "nobody"))
