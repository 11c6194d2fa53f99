"""The `certificates` role: one run that leaves every certificate made, renewed and known to who must trust it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from controllers.certificates.converge import Outcome, converge
from controllers.certificates.leaves import Site
from controllers.certificates.settings import site_from
from controllers.loop import logs
from controllers.loop.access import login
from controllers.loop.errors import KubeError
from controllers.loop.kube_http import HttpKube
from controllers.loop.settings import from_environment

log = logging.getLogger(__name__)


def main(environment: Mapping[str, str]) -> int:
    """Runs once; 0 when all is as it should be, 1 when somebody has to do something. Raises BadSettings."""
    loop = from_environment("certificates", environment)
    site = site_from(environment)
    logs.setup(loop.log_form, loop.log_level)
    try:
        outcome = asyncio.run(_run(site))
    except KubeError as error:
        log.error("certificates ends: %s", error)
        return 1
    return tell(outcome)


async def _run(site: Site) -> Outcome:
    kube = HttpKube(login)
    try:
        return await converge(kube, site, lambda: datetime.now(UTC))
    finally:
        await kube.close()


def tell(outcome: Outcome) -> int:
    """One line of what was done, one for each problem and note; returns the exit code."""
    first = f"; the first certificate ends {outcome.first_end:%Y-%m-%d}" if outcome.first_end else ""
    log.info("%s%s", "; ".join(outcome.done) or "nothing to do", first)
    for note in outcome.notes:
        log.warning("%s", note)
    for problem in outcome.problems:
        log.error("%s", problem)
    return 1 if outcome.problems else 0
