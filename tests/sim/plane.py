"""The control plane: ledger, coord and supervisor composed as for real, each a process that is kept running."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

from starlette.applications import Starlette

from controllers.loop.app import _remember
from controllers.loop.informer import ResyncTimes
from controllers.loop.lease import Lease, LeaseTimes
from controllers.loop.metrics import Metrics
from controllers.loop.objects import ObjectKey
from controllers.loop.operation import Operation
from controllers.loop.process import Compose, Context
from controllers.loop.remembering import RememberingKube
from controllers.loop.settings import LoopSettings
from tests.sim.api import Client, Server
from tests.sim.clock import MachineClock
from tests.sim.history import History
from tests.sim.loop import SimulatedLoop
from tests.sim.process import Crash, Process
from tests.sim.watch import Watches
from tests.sim.weather import Weather

RESTART_SECONDS = (0.5, 4.0)
LEASE_TIMES = LeaseTimes(duration=30, renew_deadline=25, retry=15)
RESYNC_TIMES = ResyncTimes(period=600)


class Controller:
    """One controller: `process` is its present incarnation, `application` what it serves."""

    def __init__(
        self,
        name: str,
        compose: Callable[[Process], Compose],
        server: Server,
        clock: MachineClock,
        weather: Weather,
        history: History,
        crash: Crash,
    ) -> None:
        self.name = name
        self.clock = clock
        self.application: Starlette | None = None
        self.operation: Operation | None = None
        self.cut = False
        self.process = Process(f"{name} not started")
        self.process.kill()
        self.watches: Watches | None = None
        self.starts = 0
        self._compose, self._server, self._weather, self._history = compose, server, weather, history
        self._crash = crash
        self._random = weather.source(f"controller/{name}")

    @property
    def serving(self) -> tuple[Process, Starlette] | None:
        """Who answers requests now."""
        working = self.operation is not None and self.operation.working
        if self.application is None or not self.process.alive or not working:
            return None
        return self.process, self.application

    def start(self) -> None:
        """Starts it; when it ends, it is started again by and by."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self.starts += 1
        self.process = Process(self.name, self._crash)
        self.process.mourn(self._start_again)
        loop.start(self.process, self._live(self.process))

    def _start_again(self) -> None:
        self.application = self.operation = None
        self._history.note(self.name, "dead", "")
        asyncio.get_running_loop().call_later(self._random.uniform(*RESTART_SECONDS), self.start)

    async def _live(self, process: Process) -> None:
        try:
            await self._operate(process)
        except Exception as error:
            self._history.note(self.name, "ended", f"{type(error).__name__}: {error}")
        finally:
            process.kill()

    async def _operate(self, process: Process) -> None:
        client = Client(self._server, process, self._weather, self.name, lambda: not self.cut)
        kube = RememberingKube(client)
        key, holder = ObjectKey("hardpan-system", f"hardpan-{self.name}"), f"{self.name}-{self.starts}"
        lease = Lease(client, key, holder, LEASE_TIMES, randomness=self._random, now=self.clock.now)
        context = Context(kube, lease, Metrics(), self.clock.now, self._random)
        made = await self._compose(process)(context)
        _remember(kube, made)
        if made.servers:
            self.application = made.servers[0].app  # type: ignore[assignment]
        self.watches = Watches(self._server, process, self._weather, self.name)
        settings = LoopSettings(self.name, holder=holder, lease_times=LEASE_TIMES, resync_times=RESYNC_TIMES)
        made = dataclasses.replace(made, servers=())
        self.operation = Operation(made, context, self.watches, settings, asyncio.Event())
        await self.operation.run()
