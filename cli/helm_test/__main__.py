"""`python -m cli.helm_test`: one line for each thing that was found; 1 when something is wrong."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Mapping

from cli.doctor.check import Check
from cli.doctor.examination import SIGNS, Diagnosis, examine, is_well
from cli.errors import EXIT_DONE, EXIT_FAILED, CliError
from cli.helm_test.api import in_pod
from cli.helm_test.checks import CHECKS, LIFE
from cli.helm_test.ground import Ground
from cli.helm_test.pod import PodInstallation
from cli.helm_test.reach import RealReach
from cli.helm_test.settings import settings_from
from controllers.loop.errors import BadSettings
from trust.strangers import harmless


def main(environment: Mapping[str, str]) -> int:
    """Looks, and brings a node and a deployment only where all before is well."""
    logging.basicConfig(level=logging.ERROR)
    # Whoever ends the pod half way still has what came taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_FAILED))
    try:
        settings = settings_from(environment)
        api = in_pod()
    except (BadSettings, CliError) as error:
        print(f"helm test does not start: {error}", file=sys.stderr)
        return EXIT_FAILED
    ground = Ground(settings, PodInstallation(api, settings.namespace, settings.cluster), api, RealReach())
    steps = [_step(each, ground) for each in CHECKS]
    if not all(steps):
        print("Mend what is marked ✗, then: helm test again", flush=True)
        return EXIT_FAILED
    return EXIT_DONE if _step(LIFE, ground) else EXIT_FAILED


def _step(check: Check[Ground], ground: Ground) -> bool:
    found = examine([check], ground)
    for each in found:
        print(line(each), flush=True)
    return is_well(found)


def line(found: Diagnosis) -> str:
    """A finding and its remedy, on one line however long it is."""
    remedy = f" → {found.finding.remedy}" if found.finding.remedy else ""
    return harmless(f"{SIGNS[found.finding.state]} {found.check}: {found.finding.message}{remedy}")


if __name__ == "__main__":
    sys.exit(main(os.environ))
