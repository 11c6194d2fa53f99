"""The entry of every controller process: real API server, real watches, signals, exit code."""

from __future__ import annotations

import asyncio
import logging
import signal

from controllers.loop import logs
from controllers.loop.access import login
from controllers.loop.announcing import AnnouncingKube, IsStuck
from controllers.loop.ending import run_and_end
from controllers.loop.errors import LoopError
from controllers.loop.kinds import kinds_complaint
from controllers.loop.kube_http import HttpKube
from controllers.loop.lease import Lease
from controllers.loop.metrics import Metrics
from controllers.loop.objects import ObjectKey
from controllers.loop.operation import Operation
from controllers.loop.process import Compose, Context, Process
from controllers.loop.remembering import RememberingKube
from controllers.loop.settings import LoopSettings
from controllers.loop.watch import KopfSource
from jobs.trace import teller

log = logging.getLogger(__name__)


def run(compose: Compose, settings: LoopSettings, is_stuck: IsStuck = lambda kind, condition: False) -> int:
    """Composes a process, runs it until SIGTERM or SIGINT, and returns its exit code: 0 when asked to end, else 1.

    Of conditions that `is_stuck` Events are made.
    """
    logs.setup(settings.log_form, settings.log_level)
    try:
        run_and_end(_run(compose, settings, is_stuck))
    except (LoopError, OSError) as error:
        log.error("%s ends: %s", settings.name, error)
        return 1
    except Exception as error:
        log.error("%s ends", settings.name, exc_info=error)
        return 1
    return 0


async def _run(compose: Compose, settings: LoopSettings, is_stuck: IsStuck) -> None:
    stop = asyncio.Event()
    _take_signals(stop)
    http = HttpKube(login)
    try:
        kube = AnnouncingKube(http, f"hardpan-{settings.name}", is_stuck)
        key = ObjectKey(settings.namespace, f"hardpan-{settings.name}")
        lease = Lease(http, key, settings.holder, settings.lease_times)
        tell = teller(settings.collector, f"hardpan-{settings.role}")
        context = Context(kube, lease, Metrics(settings.role), tell=tell)
        process = await compose(context)
        _remember(kube, process)
        source = KopfSource(http, login, lambda: _take_signals(stop))
        await Operation(process, context, source, settings, stop, lambda: kinds_complaint(http)).run()
    finally:
        await http.close()


def _take_signals(stop: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


def _remember(kube: RememberingKube, process: Process) -> None:
    for cache in process.caches:
        kube.remember(cache)
    for controller in process.controllers:
        for watch in controller.watches:
            kube.remember(watch.cache)
