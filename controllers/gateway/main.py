"""The gateway's process: it watches nothing and leads nothing, it only serves."""

from __future__ import annotations

import asyncio
import logging
import resource
from collections.abc import Mapping

from controllers.gateway import figures
from controllers.gateway.app import create
from controllers.gateway.limiter import Rate
from controllers.gateway.network import client_files, network
from controllers.gateway.routes import Upstream
from controllers.gateway.upstream import ToWhoLeads
from controllers.loop import logs
from controllers.loop.errors import LoopError
from controllers.loop.metrics import Metrics
from controllers.loop.monitor import Monitor, Readiness
from controllers.loop.settings import from_environment
from controllers.serving.loop import ServingLoop
from controllers.serving.patience import patient
from controllers.serving.server import Server
from controllers.settings import Environment
from controllers.tls.contexts import seconds_left
from controllers.web import server

log = logging.getLogger(__name__)
SPARE_DESCRIPTORS = 256
CONNECTIONS = 1024
# For what a node asks in one go. Until its next report it is not worth a place and its memory to have it connected.
IDLE_SECONDS = 1


def main(environment: Mapping[str, str]) -> int:
    """Serves until it is told to stop. Raises BadSettings."""
    loop = from_environment("gateway", environment)
    values = Environment(environment)
    logs.setup(loop.log_form, loop.log_level)
    upstreams: dict[Upstream, str] = {
        "ledger": values.text("HARDPAN_LEDGER_URL", "http://127.0.0.1:8081"),
        "supervisor": values.text("HARDPAN_SUPERVISOR_URL", "http://127.0.0.1:8082"),
    }
    rate = Rate(values.number("HARDPAN_GATEWAY_RATE", 200.0), values.number("HARDPAN_GATEWAY_BURST", 400.0))
    patience = values.number("HARDPAN_GATEWAY_PATIENCE", 10.0)
    metrics = Metrics("gateway")
    files = client_files(values, upstreams.values())
    if files:
        metrics.certificate("upstream client", lambda: seconds_left(files.certificate))
    way = ToWhoLeads(network(files))
    application = create(upstreams, rate, way, body_seconds=patience, refuse=metrics.refuse)
    listen = values.listen("HARDPAN_GATEWAY_LISTEN", "127.0.0.1:8443")
    most = min(int(values.number("HARDPAN_GATEWAY_CONNECTIONS", CONNECTIONS)), _descriptors() - SPARE_DESCRIPTORS)
    served = server(application, listen, metrics, connections=most)
    served.http, served.timeout_keep_alive = patient(patience, metrics.refuse), IDLE_SECONDS
    figures.show(metrics, served.doorkeeper.door)
    log.info("gateway listens on %s:%d", listen.host, listen.port)
    with asyncio.Runner(loop_factory=lambda: ServingLoop(patience)) as runner:
        try:
            runner.run(_serve(Server(served), loop.monitor, metrics))
        except LoopError as error:
            log.error("gateway ends: %s", error)
            return 1
    return 0


async def _serve(gateway: Server, address: tuple[str, int] | None, metrics: Metrics) -> None:
    """Serves, and tells its figures where there is an address for that."""
    if address is None:
        return await gateway.serve()
    monitor = Monitor([], list, lambda: Readiness.WORKING if gateway.started else Readiness.STARTING, metrics)
    telling = asyncio.create_task(monitor.serve(*address))
    try:
        await gateway.serve()
    finally:
        telling.cancel()


def _descriptors() -> int:
    """How many files and connections this process may have open: all that the system lets it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20
