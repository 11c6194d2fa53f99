"""What every change of an operator ends with: a new snapshot, signed by the root, and applied."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import keys
from cli import site as sites
from cli.cluster import connect
from cli.errors import CliError
from cli.output import note
from cli.signer import SshSigner
from cli.site import Site
from sal.command import SystemRunner
from trust.keys import parse_user_key
from trust.records import Record
from trust.root import RootDocument
from trust.snapshot import DEFAULT_VALIDITY_DAYS, SnapshotBody

SiteOption = Annotated[Path, typer.Option("--site", help="The operator's folder.")]
ApplyOption = Annotated[bool, typer.Option("--apply/--no-apply", help="Apply with kubectl at once.")]
HERE = Path("hardpan-site")
ROOT_REMEDY = "Its public halves are in hardpan-root.pub of the site"


@dataclass(frozen=True)
class Change:
    """Records to write, for how long the snapshot that lists them counts, and what else in it is another."""

    records: Sequence[Record] = ()
    days: int = DEFAULT_VALIDITY_DAYS
    amended: Mapping[str, Any] = field(default_factory=dict)


def publish(site: Site, change: Change, key: Path | None, apply: bool) -> None:
    """Signs a snapshot with the change, writes both, applies all. Raises CliError."""
    signer = root_signer(site.view().root.document, key)
    spread(site, sites.renew(site, signer, datetime.now(UTC), change.days, change.records, change.amended), apply)


def spread(site: Site, body: SnapshotBody, apply: bool) -> None:
    """Says what was signed, and applies it or says how. Raises CliError."""
    note(f"trust snapshot {body.version} lists {len(body.records)} records and counts until {body.expires}")
    command = apply_words(site)
    if not apply:
        note(f"Next: {command}")
        return
    try:
        connect().kubectl.apply("---\n".join(each.read_text() for each in site.manifests))
    except CliError as error:
        raise CliError(f"signed and written, but not applied: {error}. Later: {command}") from None
    note("applied")


def root_signer(root: RootDocument, key: Path | None) -> SshSigner:
    """A key of the operator root. Raises Usage."""
    allowed = {parse_user_key(line).key_id: "" for line in root.keys}
    return keys.choose(SystemRunner(), key, allowed, "the operator root", ROOT_REMEDY)


def apply_words(site: Site) -> str:
    """The command that applies a site by hand."""
    records, trust = site.folder / "records", site.trust_file
    return shlex.join(["kubectl", "apply", "--server-side", "-f", str(records), "-f", str(trust)])
