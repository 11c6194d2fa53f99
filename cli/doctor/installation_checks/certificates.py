"""The TLS certificates of the control plane, as far as this environment names them."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.certificates import judged
from cli.doctor.check import Check, Finding, State, skipped, well
from cli.doctor.installation import Installation


def look(installation: Installation) -> Iterator[Finding]:
    """Judges the end of each."""
    ends = installation.certificates()
    if not ends:
        yield skipped("no HARDPAN_…_CERTIFICATE is set here", "ask where the control plane runs")
        return
    remedy = "issue it anew in the same file, and restart who uses it"
    found = [judged(name, end, installation.now, remedy) for name, end in ends.items()]
    bad = [each for each in found if each.state is not State.WELL]
    yield from bad
    if not bad:
        yield well(f"{len(found)} files, the first ends {min(ends.values()):%Y-%m-%d}")


CHECK = Check("certificates", look)
