"""No job is open for longer than any job takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.installation import Installation
from cli.seen import Seen, seen
from cli.text import ago, counted

LONG = timedelta(minutes=15)


def look(installation: Installation) -> Iterator[Finding]:
    """One line for each that is older than an order lives."""
    found = [seen("job", each) for each in installation.objects("jobs.hardpan.dev")]
    waiting = [each for each in found if _is_open(each)]
    for each in waiting:
        if _age(each, installation.now) > LONG:
            yield _old(each, installation.now)
    yield well(f"{counted(len(waiting), 'job')} under way")


def _old(job: Seen, now: datetime) -> Finding:
    ended = job.condition("Succeeded")
    said = f": {ended.message}" if ended is not None and ended.message else ", and its node has said nothing"
    since = ago(str(job.metadata.get("creationTimestamp")), now)
    return wrong(
        f"{job.namespace}/{job.name} is open since {since}{said}",
        f"kubectl hardpan explain node {job.spec.get('node')}",
    )


def _is_open(job: Seen) -> bool:
    ended = job.condition("Succeeded")
    return ended is None or ended.status == "Unknown"


def _age(job: Seen, now: datetime) -> timedelta:
    try:
        return now - datetime.fromisoformat(str(job.metadata.get("creationTimestamp")))
    except ValueError:
        return timedelta()


CHECK = Check("jobs", look)
