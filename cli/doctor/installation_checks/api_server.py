"""The API server answers, and says that it is ready."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.installation import Installation


def look(installation: Installation) -> Iterator[Finding]:
    """Asks for /readyz."""
    said = installation.answer("/readyz")
    if said.strip() == "ok":
        yield well("ready")
    else:
        yield wrong(f"says {said.strip()[:80]!r} at /readyz", "look into its log; is etcd up, and its disk not full?")


CHECK = Check("API server", look)
