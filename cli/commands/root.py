"""`hardpan root replace`: other keys rule from now on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import keys
from cli import site as sites
from cli.cluster import connect
from cli.commands.init import TWO
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import note, say
from cli.publishing import HERE, ApplyOption, SiteOption, root_signer, spread
from cli.signer import SshSigner, public_key
from cli.site import Site
from cli.text import short
from sal.command import SystemRunner
from trust.certificate import verify_certificate
from trust.errors import TrustError
from trust.keys import UserKey
from trust.snapshot import TrustView

MOST_KEYS = 16


def replace(
    root_key: Annotated[list[Path], typer.Option(metavar="FILE", help="Public key of the new root; give two or more.")],
    key: KeyOption = None,
    new_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Private key of the new root.", show_default="--key's, when it stays"),
    ] = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Replaces the operator root's keys.

    A key of the root in force and one of the new root sign; one that is in both signs for both. The cluster's id and
    all pins stay. Nodes that the operator approved with a key that goes must be approved anew.

    \b
    Example:
      hardpan root replace --root-key root-1.pub --root-key root-3.pub --key root-1
    """
    given = {each.key_id: each for each in (public_key(file, "--root-key") for file in root_key)}
    if len(given) < 2:
        raise Usage(f"{TWO}; --root-key names {len(given)}: give two different ones or more")
    if len(given) > MOST_KEYS:
        raise Usage(f"--root-key names {len(given)} keys: at most {MOST_KEYS} can rule")
    folder = Site(site)
    held = folder.view().root.document
    if held.threshold != 1:
        raise Usage(
            f"this root needs {held.threshold} keys to sign, and this command signs with one: it has no command yet"
        )
    if set(given) == held.key_ids():
        raise Usage("--root-key names the keys that rule already: nothing is to be done")
    old = root_signer(held, key)
    new = _new_signer(given, old, new_key)
    body = sites.replace_root(folder, [each.line for each in given.values()], old, new, datetime.now(UTC))
    spread(folder, body, apply)
    for key_id in sorted(held.key_ids() - set(given)):
        say(f"{short(key_id)} rules no more")
    say(f"root document {body.root_version} is in force, with {', '.join(short(each) for each in given)}")
    if apply:
        _name_orphans(connect().kubectl.list("nodes.hardpan.dev"), folder.view())
    say(f"Next: keep {folder.root_file}, and back up {site}")


def _new_signer(given: dict[str, UserKey], old: SshSigner, new_key: Path | None) -> SshSigner:
    """Who signs for the new root. Raises Usage."""
    if new_key is None and old.key.key_id in given:
        return old
    remedy = "Name a private half with --new-key"
    return keys.choose(SystemRunner(), new_key, dict.fromkeys(given, ""), "the new root", remedy)


def _name_orphans(nodes: list[dict[str, Any]], view: TrustView) -> None:
    """Says which nodes count no more."""
    for each in nodes:
        certificate, name = each["spec"].get("certificate"), each["metadata"]["name"]
        try:
            verify_certificate(str(certificate or "").encode(), view)
        except TrustError as error:
            if certificate:
                note(f"Warning: {name} counts no more ({error}): kubectl hardpan node approve {name}")
