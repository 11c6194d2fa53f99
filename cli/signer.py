"""Signs with people's keys by way of ssh-keygen and ssh-agent: a private key is never opened by our code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cli.errors import CliError, Usage
from sal.command import Command, Runner
from sal.errors import CommandError
from trust import sshsig
from trust.dsse import Signature
from trust.errors import BadKey
from trust.keys import UserKey, parse_user_key


class Signer(Protocol):
    """A key that can sign."""

    @property
    def key(self) -> UserKey:
        """Its public half."""

    def sign(self, message: bytes) -> str:
        """An armoured SSHSIG in our namespace. Raises CliError."""


@dataclass(frozen=True)
class SshSigner:
    """A key file, or the public half of a key that ssh-agent holds."""

    runner: Runner
    path: Path
    key: UserKey

    def sign(self, message: bytes) -> str:
        """See Signer."""
        words = ("ssh-keygen", "-q", "-Y", "sign", "-n", sshsig.NAMESPACE, "-f", str(self.path))
        agent = {name: os.environ[name] for name in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY") if name in os.environ}
        try:
            output = self.runner.run(Command(words, input=message, environment=agent, timeout_seconds=120))
        except CommandError as error:
            raise CliError(f"{self.path} did not sign: {error}") from None
        return output.text


def signature(signer: Signer, message: bytes) -> Signature:
    """A signature as an envelope carries it."""
    return Signature(signer.key.key_id, sshsig.blob_of(signer.sign(message)))


def from_file(runner: Runner, path: Path) -> SshSigner:
    """The key in a file: the private one, or the .pub of a key in the agent. Raises Usage."""
    public = path if path.suffix == ".pub" else path.with_name(path.name + ".pub")
    try:
        return SshSigner(runner, path, parse_user_key(public.read_text().strip()))
    except OSError:
        raise Usage(f"--key {path}: {public} is not there; give a key made by `ssh-keygen -t ed25519`") from None
    except BadKey as error:
        raise Usage(f"--key {path}: {error}") from None


def agent_keys(runner: Runner) -> list[UserKey]:
    """The keys in ssh-agent that can sign for us."""
    if "SSH_AUTH_SOCK" not in os.environ:
        return []
    socket = {"SSH_AUTH_SOCK": os.environ["SSH_AUTH_SOCK"]}
    output = runner.run(Command(("ssh-add", "-L"), environment=socket, accepted_codes=(0, 1, 2)))
    found = []
    for line in output.text.splitlines():
        try:
            found.append(parse_user_key(line))
        except BadKey:
            continue
    return found


def from_agent(runner: Runner, key: UserKey, folder: Path) -> SshSigner:
    """A key of the agent; ssh-keygen wants its public half in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{key.key_id.removeprefix('SHA256:').replace('/', '_')}.pub"
    file.write_text(key.line + "\n")
    return SshSigner(runner, file, key)


def make_key(runner: Runner, path: Path, comment: str) -> SshSigner:
    """A new key without a passphrase: for demos and tests."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        runner.run(Command(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))))
    return from_file(runner, path)
