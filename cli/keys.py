"""Which key signs: the one that was named, else one of the agent's that counts here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli import signer as signers
from cli.errors import Usage
from cli.signer import SshSigner
from cli.text import counted, short
from sal.command import Runner
from trust.keys import UserKey

KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Private key file, or the .pub file of a key that ssh-agent holds.",
        show_default="one of ssh-agent's",
    ),
]
SHOWN_KEYS = 4


def choose(runner: Runner, named: Path | None, allowed: Mapping[str, str], role: str, remedy: str) -> SshSigner:
    """The signer. `allowed` are the ids of the keys that count as `role`, and whose each is. Raises Usage."""
    if named is not None:
        chosen = signers.from_file(runner, named)
        if chosen.key.key_id not in allowed:
            raise Usage(f"--key {named}: {chosen.key.key_id} is not a key of {role}{_those(allowed)}. {remedy}")
        return chosen
    held = signers.agent_keys(runner)
    for key in held:
        if key.key_id in allowed:
            return SshSigner(runner, None, key)
    raise Usage(f"{_without(held)} {role}{_those(allowed)}: ssh-add it, or name it with --key FILE. {remedy}")


def _without(held: list[UserKey]) -> str:
    if not os.environ.get("SSH_AUTH_SOCK"):
        return "ssh-agent is not running (SSH_AUTH_SOCK is not set), so it offers no key of"
    if not held:
        return "ssh-agent holds no ed25519 key, so none of"
    ids = ", ".join(short(key.key_id) for key in held[:SHOWN_KEYS])
    return f"ssh-agent holds {counted(len(held), 'key')} ({ids}{', …' if len(held) > SHOWN_KEYS else ''}), none is of"


def _those(allowed: Mapping[str, str]) -> str:
    """The keys that would do, by owner."""
    if not allowed:
        return " (nobody has one)"
    shown = [f"{owner} {short(key_id)}".strip() for key_id, owner in list(allowed.items())[:SHOWN_KEYS]]
    return f" ({', '.join(shown)}{', …' if len(allowed) > SHOWN_KEYS else ''})"
