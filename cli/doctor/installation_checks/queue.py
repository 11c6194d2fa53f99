"""Redis answers, writes what it acknowledges, evicts nothing, has room, and lets nobody in who should not be."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, skipped, soon, well, wrong
from cli.doctor.installation import Installation
from jobs.access import SUPERVISOR_USER
from jobs.inspection import Inspection
from plans.quantity import format_quantity

FULL = 0.8
MANY = 1_000
ASK_THERE = "ask where the supervisor runs, with its HARDPAN_REDIS… variables"
CONFIGURE = "configure it as docs/tutorials/operator.md says, and restart it: it may be emptied at any time"


def look(installation: Installation) -> Iterator[Finding]:
    """Judges what it says of itself."""
    found = installation.queue()
    if found is None:
        yield skipped("HARDPAN_REDIS is not set here", ASK_THERE)
        return
    troubles = [*_settings(found), *_room(found), *_users(found, installation), *_waiting(found, installation)]
    yield from troubles
    if not troubles:
        yield well(f"Redis {found.version}, {format_quantity(found.used)} of {format_quantity(found.most)} used")


def _settings(found: Inspection) -> Iterator[Finding]:
    if not found.appends:
        yield wrong("keeps nothing on disk (appendonly no)", CONFIGURE)
    if found.appends and not found.last_write_ok:
        yield wrong("could not write its log", "free space on its disk")
    if found.policy != "noeviction":
        yield wrong(f"drops entries when it is full (maxmemory-policy {found.policy})", CONFIGURE)


def _room(found: Inspection) -> Iterator[Finding]:
    if not found.most:
        yield soon("has no limit of memory (maxmemory 0)", CONFIGURE)
    elif found.used > FULL * found.most:
        share = f"{format_quantity(found.used)} of {format_quantity(found.most)}"
        yield soon(f"is nearly full: {share}", "raise maxmemory; what it refuses is placed again later")


def _users(found: Inspection, installation: Installation) -> Iterator[Finding]:
    nodes = {str(each["metadata"]["name"]) for each in installation.objects("nodes.hardpan.dev")}
    strangers = sorted(found.users - nodes - {SUPERVISOR_USER})
    if strangers:
        yield wrong(
            f"lets in {', '.join(strangers[:4])}", f"redis-cli ACL DELUSER {strangers[0]}, or: ACL SETUSER NAME off"
        )


def _waiting(found: Inspection, installation: Installation) -> Iterator[Finding]:
    nodes = {str(each["metadata"]["name"]) for each in installation.objects("nodes.hardpan.dev")}
    stale = sorted(node for node, count in found.waiting.items() if count and node not in nodes)
    if stale:
        yield soon(
            f"holds jobs for {', '.join(stale[:4])}, of which there is no Node", "nothing: they end by themselves"
        )
    for node, count in sorted(found.waiting.items()):
        if node in nodes and count > MANY:
            yield wrong(f"{count} jobs wait for {node}", f"kubectl hardpan explain node {node}")


CHECK = Check("queue", look)
