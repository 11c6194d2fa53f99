"""The node's keys: made at the first start, kept for good, never shown.

Losing the file makes the machine a new node; a damaged file therefore stops the node instead of replacing it. There is
one file, and a rename puts the sealed keys in the place of the plain ones: a power cut leaves one identity.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from node_agent.errors import NeedsOperator
from node_agent.executor.sealing import Sealing
from sal.errors import SalError
from sal.filesystem import sync_folder, write_durably
from trust.dsse import decode, encode
from trust.errors import BadKey, Refusal
from trust.keys import BoxKey, SigningKey, node_id

FIELDS = ("signing", "box", "tls", "mycelium")


@dataclass(frozen=True)
class Identity:
    """Four keys, one purpose each: signatures, sealed credentials, TLS to the queue, the overlay address.

    `kept` says in words how they lie on the disk.
    """

    signing: SigningKey
    box: BoxKey
    tls: SigningKey
    mycelium: BoxKey
    kept: str = ""

    @property
    def node(self) -> str:
        """The node's id, derived from the signing key."""
        return node_id(self.signing.public)

    @property
    def key_id(self) -> str:
        """How the node's signatures name their key."""
        return self.node


def keep(path: Path, sealing: Sealing | None = None) -> Identity:
    """The identity in this file, made now if there is none.

    Raises NeedsOperator when the file is damaged, readable by others, or sealed to something else.
    """
    sealing = sealing or Sealing()
    if path.exists():
        return _read(path, sealing)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Identity(SigningKey.generate(), BoxKey.generate(), SigningKey.generate(), BoxKey.generate())
    plain = json.dumps({name: encode(getattr(made, name).seed) for name in FIELDS}).encode()
    write_durably(path, sealing.close(plain))
    sync_folder(path.parent.parent)
    return replace(made, kept=sealing.told)


def admit(path: Path, sealing: Sealing, image: bytes) -> None:
    """Before an update: an image with this PCR 11 opens the keys too. Raises SalError, NeedsOperator, Refused."""
    kept = path.read_bytes()
    changed = sealing.admitting(kept, image)
    if changed != kept:
        write_durably(path, changed)


def _read(path: Path, sealing: Sealing) -> Identity:
    if os.stat(path).st_mode & 0o077:
        raise NeedsOperator("IdentityExposed", f"{path} is readable by others: chmod 600 it, or wipe it to enrol anew")
    kept = path.read_bytes()
    plain = sealing.open(kept)
    own = _parse(plain, path)
    changed = sealing.better(kept, plain)
    if changed != kept:
        # A full disk keeps no node from starting: it is tried again at the next start.
        with suppress(SalError):
            write_durably(path, changed)
    return replace(own, kept=sealing.told)


def _parse(plain: bytes, path: Path) -> Identity:
    try:
        seeds = {name: decode(text) for name, text in json.loads(plain).items()}
        signing, tls = SigningKey(seeds["signing"]), SigningKey(seeds["tls"])
        return Identity(signing, BoxKey(seeds["box"]), tls, BoxKey(seeds["mycelium"]))
    except (ValueError, KeyError, AttributeError, BadKey, Refusal):
        raise NeedsOperator(
            "IdentityDamaged", f"{path} is damaged: restore it, or remove it to enrol as a new node"
        ) from None
