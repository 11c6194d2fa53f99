"""Who brings a node and a deployment in `helm test`: what its Secret holds, judged by the trust in force."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from cli.errors import CliError
from cli.helm_test.settings import Guest
from plans.author import Author
from trust.dsse import decode
from trust.errors import Refusal
from trust.records import JoinTokenRecord
from trust.snapshot import TrustView

LABEL = "helm-test"


@dataclass(frozen=True)
class Invited:
    """A guest whose papers are in order."""

    token: str
    seed: str
    record: JoinTokenRecord
    author: Author
    image_host: str


def invited(guest: Guest, view: TrustView) -> Invited:
    """The guest, if this trust knows it. Raises CliError with what is missing, and what to do."""
    record = view.tokens.get(guest.token)
    if record is None:
        raise CliError(
            f"join token {guest.token} is not in trust: hardpan token create {guest.token} --label {LABEL}=yes"
        )
    if LABEL not in record.labels:
        remedy = f"make another: hardpan token create NAME --label {LABEL}=yes"
        raise CliError(f"join token {guest.token} has no label {LABEL}, and a node like others must not come: {remedy}")
    try:
        tenant = view.tenant_of(guest.namespace)
        seed = guest.seed.read_text().strip()
        decode(seed)
    except Refusal as refusal:
        raise CliError(str(refusal)) from None
    author = Author(view.cluster, tenant.id, guest.namespace, _user_seed(guest))
    return Invited(guest.token, seed, record, author, next(iter(tenant.image_hosts), "images.example"))


def _user_seed(guest: Guest) -> bytes:
    try:
        key = load_ssh_private_key(guest.key.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CliError(
            "the user's key is no private key of OpenSSH without a passphrase: ssh-keygen -t ed25519"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise CliError("the user's key is of another kind than ed25519: ssh-keygen -t ed25519")
    return key.private_bytes_raw()
