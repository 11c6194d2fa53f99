"""The TLS certificates of the control plane: files that this environment names, and Secrets of the installation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from cli.doctor.certificates import judged
from cli.doctor.check import Check, Finding, State, skipped, well
from cli.doctor.installation import Installation
from cli.errors import CliError

AUTHORITY = "Secret hardpan-site-ca"
# A new authority needs new boot media.
AUTHORITY_WARNED = timedelta(days=365)
BY_HAND = "issue it anew in the same file; it is noticed"
BY_ITSELF = (
    "it was to be renewed by itself: see why not with kubectl -n hardpan-system create job "
    "--from=cronjob/hardpan-certificates renew-now"
)
NEW_AUTHORITY = "replace it in time, and the boot media with it: docs/certificates.md"


def look(installation: Installation) -> Iterator[Finding]:
    """Judges the end of each."""
    files, secrets = installation.certificates(), _secrets(installation)
    if isinstance(secrets, Finding):
        yield secrets
        secrets = {}
    now = installation.now
    found = [judged(name, end, now, BY_HAND) for name, end in files.items()]
    found += [_issued(name, end, now) for name, end in secrets.items()]
    bad = [each for each in found if each.state is not State.WELL]
    yield from bad
    if found and not bad:
        first = min([*files.values(), *secrets.values()])
        yield well(f"{len(found)} certificates, the first ends {first:%Y-%m-%d}")
    if not found:
        yield skipped("no HARDPAN_…_CERTIFICATE is set here", "ask where the control plane runs")


def _secrets(installation: Installation) -> Mapping[str, datetime] | Finding:
    """A tenant may not read Secrets, and nothing is wrong with that."""
    try:
        return installation.issued()
    except CliError as error:
        if "forbidden" not in str(error).lower():
            raise
        return skipped("the Secrets are not yours to read", "ask as somebody who operates the cluster")


def _issued(name: str, end: datetime, now: datetime) -> Finding:
    if name == AUTHORITY:
        return judged(name, end, now, NEW_AUTHORITY, AUTHORITY_WARNED)
    return judged(name, end, now, BY_ITSELF)


CHECK = Check("certificates", look)
