"""Signs with people's keys by way of ssh-keygen and ssh-agent: a private key is never opened by our code."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cli.environment import users_environment
from cli.errors import CliError, Usage
from cli.output import note
from cli.small_files import read_small
from sal.command import Command, Runner
from sal.errors import CommandError, CommandMissing, CommandTimeout
from trust import sshsig
from trust.dsse import Signature
from trust.errors import BadKey, Refusal
from trust.keys import SK_ED25519, UserKey, parse_user_key

PERSON_SECONDS = 120.0
_REASONS = (
    ("agent refused operation", "ssh-agent refused to use it: confirm when it asks, or unlock it (ssh-add -X)"),
    ("incorrect passphrase", "the passphrase was wrong, or nobody could be asked for it: ssh-add it first"),
    ("device not found", "its security key is not plugged in"),
    ("user presence", "nobody touched the security key"),
    ("invalid format", "it is no private key of OpenSSH"),
    ("bad permissions", "others may read it: chmod 600"),
    ("No such file", "it is not there"),
    ("not found in agent", "ssh-agent does not hold it: ssh-add it, or name the private key with --key"),
)


class Signer(Protocol):
    """A key that can sign."""

    @property
    def key(self) -> UserKey:
        """Its public half."""

    def sign(self, message: bytes) -> str:
        """An armoured SSHSIG in our namespace. Raises CliError."""


@dataclass(frozen=True)
class SshSigner:
    """A key file, or (`path` None) a key that ssh-agent holds."""

    runner: Runner
    path: Path | None
    key: UserKey

    def sign(self, message: bytes) -> str:
        """See Signer. What was made is checked, so that nobody finds out at `kubectl apply`."""
        if self.key.kind == SK_ED25519:
            note("touch your security key when it blinks")
        text = self._keygen(self.path, message) if self.path else self._by_agent(message)
        try:
            made_by = sshsig.verify(text, message)
        except Refusal as refusal:
            raise CliError(f"the signature of {self.shown} would be refused: {refusal}") from None
        if made_by != self.key:
            raise CliError(f"{self.shown} signed with {made_by.key_id}: its .pub file belongs to another key")
        return text

    @property
    def shown(self) -> str:
        """The key for messages."""
        return str(self.path) if self.path else self.key.key_id

    def _by_agent(self, message: bytes) -> str:
        """ssh-keygen wants the public half in a file."""
        with tempfile.TemporaryDirectory(prefix="hardpan-") as folder:
            public = Path(folder) / "key.pub"
            public.write_text(self.key.line + "\n")
            return self._keygen(public, message)

    def _keygen(self, path: Path, message: bytes) -> str:
        # A path that begins with a dash would be read as an option.
        words = ("ssh-keygen", "-q", "-Y", "sign", "-n", sshsig.NAMESPACE, "-f", str(path.absolute()))
        command = Command(
            words, input=message, environment=users_environment(), timeout_seconds=PERSON_SECONDS, terminal=True
        )
        try:
            return self.runner.run(command).text
        except CommandMissing:
            raise CliError("ssh-keygen is not installed: install OpenSSH's client") from None
        except CommandTimeout:
            raise CliError(f"{self.shown} did not sign within {PERSON_SECONDS:g} s: try again") from None
        except CommandError as error:
            raise CliError(f"{self.shown} did not sign: {_reason(error)}") from None


def _reason(error: CommandError) -> str:
    for words, sentence in _REASONS:
        if words in error.stderr:
            return sentence
    return " ".join(error.stderr.split()) or str(error)


def signature(signer: Signer, message: bytes) -> Signature:
    """A signature as an envelope carries it."""
    return Signature(signer.key.key_id, sshsig.blob_of(signer.sign(message)))


def from_file(runner: Runner, path: Path, option: str = "--key") -> SshSigner:
    """The key in a file: the private one, or the .pub of a key in the agent. Raises Usage."""
    public = path if path.suffix == ".pub" else path.with_name(path.name + ".pub")
    if path.exists() and not public.exists():
        raise Usage(f"{option} {path}: {public} is not there; write it: ssh-keygen -y -f {path} > {public}")
    return SshSigner(runner, path, public_key(public, option))


def public_key(file: Path, option: str) -> UserKey:
    """The public key in a file of one line. Raises Usage."""
    text = read_small(file, option)
    if "PRIVATE KEY" in text:
        raise Usage(f"{option} {file} is a private key: give its public half, {file}.pub")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != 1:
        raise Usage(f"{option} {file} holds {len(lines)} lines: give the .pub file of one key")
    try:
        return parse_user_key(lines[0])
    except BadKey as error:
        raise Usage(f"{option} {file}: {error}; make one: ssh-keygen -t ed25519") from None


def agent_keys(runner: Runner) -> list[UserKey]:
    """The keys in ssh-agent that can sign for us. Raises CliError when there is an agent that does not answer."""
    if not os.environ.get("SSH_AUTH_SOCK"):
        return []
    command = Command(("ssh-add", "-L"), environment=users_environment(), accepted_codes=(0, 1, 2))
    try:
        output = runner.run(command)
    except CommandMissing:
        raise CliError("ssh-add is not installed: install OpenSSH's client") from None
    except CommandTimeout:
        output = None
    if output is None or output.code == 2:
        socket = os.environ["SSH_AUTH_SOCK"]
        raise CliError(f"ssh-agent does not answer at {socket} (SSH_AUTH_SOCK): start one, or name a key with --key")
    found = []
    for line in output.text.splitlines():
        try:
            found.append(parse_user_key(line))
        except BadKey:
            continue
    return found


def make_key(runner: Runner, path: Path, comment: str) -> SshSigner:
    """A new key without a passphrase: for demos and tests."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        runner.run(Command(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))))
    return from_file(runner, path)
