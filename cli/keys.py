"""Which key signs: the one that was named, else one of the agent's that counts here."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from cli import signer as signers
from cli.errors import Usage
from cli.pinned import config_file
from cli.signer import SshSigner
from sal.command import Runner

KeyOption = Annotated[
    Path | None, typer.Option("--key", help="Key file, or the .pub of a key in ssh-agent. Default: one from ssh-agent.")
]


def choose(runner: Runner, named: Path | None, allowed: Collection[str], role: str) -> SshSigner:
    """The signer. `allowed` are the key ids that count as `role`. Raises Usage."""
    if named is not None:
        chosen = signers.from_file(runner, named)
        if chosen.key.key_id not in allowed:
            raise Usage(f"--key {named}: {chosen.key.key_id} is not a key of {role}")
        return chosen
    for key in signers.agent_keys(runner):
        if key.key_id in allowed:
            return signers.from_agent(runner, key, config_file().parent / "agent-keys")
    raise Usage(f"ssh-agent holds no key of {role}: add one (ssh-add), or name one with --key")
