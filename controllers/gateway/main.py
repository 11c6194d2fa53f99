"""The gateway's process: it watches nothing and leads nothing, it only serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import uvicorn

from controllers.gateway.app import create
from controllers.gateway.limiter import Rate
from controllers.loop import logs
from controllers.loop.settings import from_environment
from controllers.settings import Environment
from controllers.web import server

log = logging.getLogger(__name__)


def main(environment: Mapping[str, str]) -> int:
    """Serves until it is told to stop. Raises BadSettings."""
    loop = from_environment("gateway", environment)
    values = Environment(environment)
    logs.setup(loop.log_form, loop.log_level)
    upstreams = {
        "ledger": values.text("HARDPAN_LEDGER_URL", "http://127.0.0.1:8081"),
        "supervisor": values.text("HARDPAN_SUPERVISOR_URL", "http://127.0.0.1:8082"),
    }
    rate = Rate(values.number("HARDPAN_GATEWAY_RATE", 200.0), values.number("HARDPAN_GATEWAY_BURST", 400.0))
    application = create(upstreams, rate)  # type: ignore[arg-type]
    listen = values.listen("HARDPAN_GATEWAY_LISTEN", "127.0.0.1:8443")
    log.info("gateway listens on %s:%d", listen.host, listen.port)
    asyncio.run(uvicorn.Server(server(application, listen)).serve())
    return 0
