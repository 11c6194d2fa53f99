"""A node of the simulation: the real agent and the real executor as two processes on one simulated machine."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controllers.loop.objects import ObjectKey
from node_agent import medium
from node_agent.agent import process as agent_process
from node_agent.errors import NodeError, TryAgain
from node_agent.executor import assembly, identity, watching
from node_agent.executor.resources import Resource
from node_agent.executor.service import Service
from node_agent.executor.starts import Starts
from node_agent.executor.store import Store
from node_agent.messages import Reply, Request
from node_agent.settings import CapacitySettings, NodeSettings
from node_agent.status import StatusBoard
from tests.sim import threads
from tests.sim.clock import MachineClock
from tests.sim.gateway import Gateway, Upstream
from tests.sim.history import History
from tests.sim.host import Host
from tests.sim.process import Crash, Process
from tests.sim.queues import NodeQueue, Redis
from tests.sim.table import hold_to_the_host
from tests.sim.weather import Weather
from trust.dsse import encode

GIB = 1 << 30
RESTART_SECONDS = (0.2, 3.0)
WATCH_SECONDS = 10.0


class Journal(Store):
    """The real journal, whose process may die before and after each commit."""

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """See Store."""
        outermost = not self._connection.in_transaction
        process = threads.current().process
        with super().transaction() as connection:
            yield connection
            if outermost:
                process.write("commit", "before")
        if outermost:
            process.write("commit", "after")


def sqlite_rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """For those who look at a journal from outside."""
    return store._connection.execute(query).fetchall()


class Effects:
    """`EffectsLog` into the history: what the executor believes that it did."""

    def __init__(self, node: str, history: History) -> None:
        self._node = node
        self._history = history

    def note(self, effect: str, subject: str, **details: str | int) -> None:
        """See EffectsLog."""
        self._history.note(self._node, f"did {effect}", subject, **details)


class Seam:
    """The agent's `Executor`: every call is a thread of the executor's process, as behind its socket."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def call(self, request: Request) -> Reply:
        """See Executor."""
        service, process = self._node.service, self._node.executor
        if service is None or not process.alive:
            threads.sleep(0.01)
            raise TryAgain("ExecutorAway", "the executor does not answer")
        replies: list[Reply] = []
        waiter = threads.Waiter()

        def answer() -> None:
            replies.append(service.respond(request))
            waiter.wake()

        process.mourn(waiter.wake)
        threads.Thread(answer, name=request.type, process=process).start()
        waiter.wait(None)
        process.forget(waiter.wake)
        if not replies:
            raise TryAgain("ExecutorAway", "the executor ended in the middle of a request")
        return replies[0]


class Node:
    """One machine. `executor` and `agent` are the processes that run now; `start` boots, `reboot` loses the power."""

    def __init__(
        self,
        number: int,
        folder: Path,
        medium_file: dict[str, Any],
        redis: Redis,
        upstreams: dict[str, Upstream],
        weather: Weather,
        history: History,
        crash: Crash,
    ) -> None:
        self.name = f"node-{number}"
        self.clock = MachineClock(asyncio.get_running_loop().time)
        self.host = Host(node=self.name, history=history, weather=weather)
        self.cut = False
        self.boots = 0
        self.service: Service | None = None
        self.says: dict[str, str] = {}
        self._redis, self._upstreams, self._weather, self._history = redis, upstreams, weather, history
        self._crash = crash
        self._random = weather.source(f"starter/{self.name}")
        self._draws = weather.source(f"starts/{self.name}")
        self._stores: list[Store] = []
        self.settings = self._lay_down(folder, medium_file)
        self.id = identity.keep(self.settings.paths.keys).node
        self.executor = self.agent = Process(f"{self.name} not started")
        self.executor.kill()

    def _lay_down(self, folder: Path, medium_file: dict[str, Any]) -> NodeSettings:
        boot_medium, state = folder / self.name / "medium", folder / self.name / "state"
        for each in (boot_medium, state / "@identity", state / "agent", state / "journal", state / "run"):
            each.mkdir(parents=True)
        (boot_medium / "ca.pem").write_text("")
        (boot_medium / "medium.json").write_text(json.dumps(medium_file))
        keys = {each: encode(hashlib.sha256(f"{self.name} {each}".encode()).digest()) for each in identity.FIELDS}
        settings = NodeSettings(
            medium=boot_medium,
            state=state,
            engine="memory",
            capacity=CapacitySettings(cpus=16, memory=16 * GIB, disk=200 * GIB),
            watch_seconds=WATCH_SECONDS,
        )
        settings.paths.keys.write_text(json.dumps(keys))
        settings.paths.keys.chmod(0o600)
        return settings

    def start(self) -> None:
        """Boots the machine."""
        self.boots += 1
        self.clock.booted = asyncio.get_running_loop().time()
        self.start_executor()
        self.start_agent()

    def reboot(self, seconds: float) -> None:
        """The power fails and comes back after so many seconds."""
        self._history.note(self.name, "power lost", "", seconds=round(seconds, 1))
        self.boots += 1
        self.executor.kill()
        self.agent.kill()
        self.host.lose_power()
        asyncio.get_running_loop().call_later(seconds, self._boot_again, self.boots)

    def _boot_again(self, boot: int) -> None:
        if self.boots == boot:
            self.start()

    def start_executor(self) -> None:
        """Starts the executor; a dead one is started again by and by."""
        self.service = None
        self.executor = self._process("executor", self._execute, self.start_executor)

    def start_agent(self) -> None:
        """Starts the agent; as above."""
        self.agent = self._process("agent", self._represent, self.start_agent)

    def _process(self, name: str, main: Callable[[], None], again: Callable[[], None]) -> Process:
        process, boot = Process(f"{self.name}/{name}", self._crash), self.boots
        loop = asyncio.get_running_loop()

        def life() -> None:
            try:
                main()
            except NodeError as error:
                self._history.note(process.name, "stopped", error.reason)
            process.kill()

        def restart() -> None:
            self._history.note(process.name, "dead", "")
            loop.call_later(self._random.uniform(*RESTART_SECONDS), begin)

        def begin() -> None:
            if self.boots == boot:
                again()

        process.mourn(restart)
        threads.Thread(life, name=name, process=process).start()
        return process

    def _execute(self) -> None:
        loaded, own = medium.load(self.settings.medium), identity.keep(self.settings.paths.keys)
        machine = assembly.Machine(
            store=self._open_journal,
            boot=lambda node: hashlib.sha256(f"{node} {self.boots}".encode()).hexdigest()[:32],
            starts=lambda path: Starts(path, lambda: f"{self._draws.getrandbits(128):032x}"),
            sleep=threads.sleep,
            effects=lambda *_: Effects(self.name, self._history),
        )
        executor = assembly.assemble(self.settings, loaded, own, self.host, self.clock, machine)
        hold_to_the_host(executor.keeper.tools, self.name, self.host, self._history)
        executor.keeper.restore()
        self.service = executor.service
        watching.watch(executor, self.settings.watch_seconds, threads.Event())

    def _open_journal(self, path: Path) -> Store:
        for each in self._stores:
            each.close()
        self._stores = [store := Journal(path)]
        return store

    def _represent(self) -> None:
        process = self.agent
        agent = agent_process.Agent(
            settings=self.settings,
            executor=Seam(self),
            gateway=Gateway(self._upstreams, process, self._weather, self.reach),
            board=StatusBoard(self.settings.paths.status, self.clock, self._show),
            stopping=threads.Event(),
            connect=lambda node, access: NodeQueue(
                self._redis, node, access.password, process, self._weather, self.reach
            ),
            randomness=self._random,
        )
        agent_process.wait_for_executor(agent)
        agent.serve()

    def reach(self) -> bool:
        """Whether the node's network lets anything through."""
        return not self.cut

    def _show(self, line: str) -> None:
        self._history.note(self.name, "says", line)

    def table(self) -> tuple[Resource, ...]:
        """What the node was told to keep, as its journal says."""
        store = self._stores[0]
        rows = sqlite_rows(store, "SELECT body FROM records ORDER BY kind, namespace, name")
        return tuple(Resource.model_validate_json(row[0]) for row in rows)

    def seen(self, key: ObjectKey) -> int:
        """The highest revision of a deployment that the node has run."""
        query = f"SELECT number FROM marks WHERE scope = 'revision' AND subject = '{key}'"
        rows = sqlite_rows(self._stores[0], query) if self._stores else []
        return int(rows[0][0]) if rows else 0

    def count(self, table: str) -> int:
        """How many rows a table of the journal has."""
        return int(sqlite_rows(self._stores[0], f"SELECT count(*) FROM {table}")[0][0])

    def close(self) -> None:
        """Lets go of the journal's file."""
        for each in self._stores:
            each.close()
