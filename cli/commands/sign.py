"""`hardpan sign`: signs a plan into a manifest."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import keys, signing
from cli.describe import difference_text, refused
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import note, say
from cli.proposal import FileArgument, NamespaceOption, Proposal, read_proposal
from cli.small_files import STDIN
from cli.text import short, wrapped
from plans.difference import difference
from sal.command import SystemRunner
from sal.errors import SalError


def sign(
    file: FileArgument,
    key: KeyOption = None,
    revision: Annotated[
        int | None, typer.Option(min=1, help="Its number.", show_default="one above the highest known")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="For how long it may be accepted.")] = signing.DEFAULT_DAYS,
    namespace: NamespaceOption = "",
) -> None:
    """Signs a manifest with your SSH key.

    Evaluates the script, shows how its plan differs from the one that you signed last, and signs its digest into
    the file; comments and layout stay. With - the signed manifest goes to stdout.

    \b
    Examples:
      kubectl hardpan sign web.yaml
      kubectl hardpan sign web.yaml --key ~/.ssh/id_ed25519
      kubectl hardpan sign - < web.yaml | kubectl apply -f -
    """
    asked = read_proposal(file, namespace)
    asked.manifest.require_writable()
    accepted = asked.accepted()
    number = revision or asked.next_revision(accepted)
    if accepted and number <= accepted.revision:
        raise Usage(f"--revision {number} is not above {accepted.revision}, which was accepted: leave it out")
    prepared = signing.prepare(asked.manifest, asked.view, number, asked.now, days)
    remembered = asked.memory.recall()[1]
    found = difference(remembered or (accepted.plan if accepted else None), prepared.plan)
    if never := refused(difference(accepted.plan, prepared.plan)) if accepted and accepted.plan else "":
        raise Usage(never)
    tell = note if file == STDIN else say
    tell(difference_text(found) or "  no change to what was signed last")
    who = _deployers(asked)
    role = f"a user who may deploy in namespace {asked.manifest.namespace}"
    remedy = "An operator adds keys and members: hardpan user add, hardpan tenant add"
    signer = keys.choose(SystemRunner(), key, who, role, remedy)
    signing.sign(asked.manifest, prepared, signer)
    by = f"{who[signer.key.key_id]} ({short(signer.key.key_id)})"
    where = f"{asked.manifest.namespace}/{asked.manifest.name}"
    tell(wrapped(f"signed {where} as {by}, revision {number}, to apply until {prepared.fields['expires']}"))
    tell(f"Plan digest {short(prepared.plan.digest)}; apply with: {asked.words('kubectl', 'apply', '-f')}")
    _remember(asked, number, prepared)


def _deployers(asked: Proposal) -> dict[str, str]:
    """The active keys of those who may deploy, and whose each is."""
    members = [each.user for each in asked.tenant.members if "deploy" in each.roles]
    users = asked.view.users
    return {key.key_id: name for name in members if name in users for key in users[name].keys if key.signs}


def _remember(asked: Proposal, number: int, prepared: signing.Prepared) -> None:
    try:
        asked.memory.keep(number, prepared.plan)
    except SalError as error:
        note(f"Warning: it is not remembered what you signed: {error}")
