"""`hardpan init`: makes a cluster's root of trust."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import keys, pinned
from cli import site as sites
from cli.environment import config_file
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import note, say
from cli.pinned import Pinned
from cli.publishing import HERE, SiteOption, apply_words
from cli.signer import agent_keys, public_key
from cli.text import short
from cli.wording import require
from crds.meta import Region
from sal.command import Runner, SystemRunner
from trust.keys import SK_ED25519, UserKey
from trust.part import Text

TWO = "the operator root needs two different keys, so that losing one does not lose the cluster"
MAKE_ONE = "make another for a safe place (ssh-keygen -t ed25519-sk -f root-2), then give both with --root-key"


def init(
    root_key: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Public key of the operator root; give two or more.",
            show_default="ssh-agent's two",
        ),
    ] = None,
    region: Annotated[str, typer.Option(help="Region of the first supervisor.")] = "main",
    name: Annotated[str, typer.Option(help="What people call this cluster.")] = "hardpan",
    key: KeyOption = None,
    site: SiteOption = HERE,
) -> None:
    """Makes a cluster's root of trust and its first supervisor.

    The operator root is two SSH keys or more (security keys are best). One of them signs now; the private halves are
    never read. Keep the site folder: it holds all records, and the key of the supervisor.

    \b
    Examples:
      hardpan init --region eu
      hardpan init --root-key root-1.pub --root-key root-2.pub --key root-1
    """
    require(Region, region, "--region")
    require(Text, name, "--name")
    runner, given = SystemRunner(), root_key or []
    roots = [public_key(file, "--root-key") for file in given] or _from_agent(runner)
    ids = {each.key_id: "" for each in roots}
    if len(ids) < 2:
        raise Usage(f"{TWO}; --root-key names one ({short(roots[0].key_id)}): {MAKE_ONE}")
    signer = keys.choose(runner, key or _private(given), ids, "the operator root", "Name a private half with --key")
    before = pinned.find()
    made = sites.init(site, name, [each.line for each in roots], signer, region, datetime.now(UTC))
    Pinned(made.cluster, 1, 1).save()
    source = "" if given else "from ssh-agent "
    for each in roots:
        say(f"operator root  {each.key_id}  {source}({'ed25519-sk' if each.kind == SK_ED25519 else 'ed25519'})")
    say(f"written to {made.root_file}; the private halves were not read")
    say(f"cluster {made.cluster}\n  pinned in {config_file()}; users pin it with: hardpan login {made.cluster}")
    if before and before.cluster != made.cluster:
        note(f"Warning: it replaces the pin of {short(before.cluster)}")
    say(f"Next: {apply_words(made)}\n  then: hardpan user add NAME --public-key FILE.pub")


def _from_agent(runner: Runner) -> list[UserKey]:
    """The two keys of ssh-agent; more than two are not guessed at."""
    held = list({each.key_id: each for each in agent_keys(runner)}.values())
    if len(held) == 2:
        return held
    if not held:
        raise Usage(f"{TWO}; ssh-agent holds none: make two (ssh-keygen -t ed25519-sk), then give both with --root-key")
    if len(held) == 1:
        raise Usage(f"{TWO}; ssh-agent holds one ({short(held[0].key_id)}): {MAKE_ONE}")
    ids = ", ".join(short(each.key_id) for each in held)
    raise Usage(f"ssh-agent holds {len(held)} keys ({ids}): choose two or more with --root-key FILE.pub")


def _private(public: list[Path]) -> Path | None:
    """The private half beside the first public key file that has one."""
    halves = (file.with_suffix("") for file in public if file.suffix == ".pub")
    return next((each for each in halves if each.exists()), None)
