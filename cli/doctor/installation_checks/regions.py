"""Every region with nodes or deployments has a supervisor that is served."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.installation import Installation
from cli.seen import Seen, seen

REMEDY = "operator: list a supervisor for it (hardpan init --region) and start it (hardpan supervisor)"


def look(installation: Installation) -> Iterator[Finding]:
    """Compares regions that are asked for with regions that are served."""
    supervisors = [seen("supervisor", each) for each in installation.objects("supervisors.hardpan.dev")]
    alive = {str(each.spec.get("region")) for each in supervisors if _is_ready(each)}
    for each in supervisors:
        ready = each.condition("Ready")
        if ready is not None and ready.status != "True":
            yield wrong(f"supervisor {each.name} of region {each.spec.get('region')}: {ready.reason}", ready.message)
    asked = {
        *(str((each.get("status") or {}).get("region") or "") for each in installation.objects("nodes.hardpan.dev")),
        *(str(each["spec"].get("region") or "") for each in installation.objects("deployments.hardpan.dev")),
    }
    without = sorted(asked - alive - {""})
    if without:
        yield wrong(f"nobody serves region {', '.join(without)}", REMEDY)
    elif alive:
        yield well(f"served: {', '.join(sorted(alive))}")
    elif not supervisors:
        yield wrong("no supervisor is listed", REMEDY)


def _is_ready(supervisor: Seen) -> bool:
    ready = supervisor.condition("Ready")
    return ready is not None and ready.status == "True"


CHECK = Check("regions", look)
