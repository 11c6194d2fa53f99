"""The `cleanup` role: one run before `helm uninstall` removes the controllers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from controllers.cleanup.leaving import Leaving, Unfinished
from controllers.cleanup.settings import Settings, settings_from
from controllers.loop import logs
from controllers.loop.access import login
from controllers.loop.errors import LoopError
from controllers.loop.kube_http import HttpKube
from controllers.loop.settings import from_environment

log = logging.getLogger(__name__)
EXIT_AGAIN = 1
EXIT_UNFINISHED = 3
"""The chart's job is over with this one, and is tried again with others."""


def main(environment: Mapping[str, str]) -> int:
    """Runs once; not 0 when something is left, and the release stays. Raises BadSettings."""
    loop, settings = from_environment("cleanup", environment), settings_from(environment)
    logs.setup(loop.log_form, loop.log_level)
    try:
        asyncio.run(_run(settings))
    except Unfinished as error:
        log.error("cleanup ends: %s", error)
        return EXIT_UNFINISHED
    except LoopError as error:
        log.error("cleanup ends: %s", error)
        return EXIT_AGAIN
    log.info("nothing is left")
    return 0


async def _run(settings: Settings) -> None:
    kube = HttpKube(login)
    try:
        await Leaving(kube, settings).run()
    finally:
        await kube.close()
