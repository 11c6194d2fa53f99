"""The trust snapshot is believed, and not about to end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cli.doctor.certificates import judged
from cli.doctor.check import Check, Finding, skipped
from cli.doctor.installation import Installation

WARNED = timedelta(days=4)


def look(installation: Installation) -> Iterator[Finding]:
    """Verifies it against the pin."""
    view = installation.trust()
    if view is None:
        yield skipped(
            "no cluster is pinned here", "hardpan login CLUSTER_ID    with the id that your operator gave you"
        )
        return
    yield judged(f"snapshot {view.title}", view.expires, installation.now, "operator: hardpan trust renew", WARNED)


CHECK = Check("trust", look)
