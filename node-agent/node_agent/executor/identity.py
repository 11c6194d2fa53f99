"""The node's keys: made at the first start, kept for good, never shown.

Losing the file makes the machine a new node; a damaged file therefore stops the node instead of replacing it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from node_agent.errors import NeedsOperator
from sal.filesystem import sync_folder, write_durably
from trust.dsse import decode, encode
from trust.errors import BadKey, Refusal
from trust.keys import BoxKey, SigningKey, node_id

FIELDS = ("signing", "box", "tls", "mycelium")


@dataclass(frozen=True)
class Identity:
    """Four keys, one purpose each: signatures, sealed credentials, TLS to the queue, the overlay address."""

    signing: SigningKey
    box: BoxKey
    tls: SigningKey
    mycelium: BoxKey

    @property
    def node(self) -> str:
        """The node's id, derived from the signing key."""
        return node_id(self.signing.public)

    @property
    def key_id(self) -> str:
        """How the node's signatures name their key."""
        return self.node


def keep(path: Path) -> Identity:
    """The identity in this file, made now if there is none.

    Raises NeedsOperator when the file is damaged or readable by others.
    """
    if path.exists():
        return _read(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Identity(SigningKey.generate(), BoxKey.generate(), SigningKey.generate(), BoxKey.generate())
    write_durably(path, json.dumps({name: encode(getattr(made, name).seed) for name in FIELDS}).encode())
    sync_folder(path.parent.parent)
    return made


def _read(path: Path) -> Identity:
    if os.stat(path).st_mode & 0o077:
        raise NeedsOperator("IdentityExposed", f"{path} is readable by others: chmod 600 it, or wipe it to enrol anew")
    try:
        seeds = {name: decode(text) for name, text in json.loads(path.read_bytes()).items()}
        signing, tls = SigningKey(seeds["signing"]), SigningKey(seeds["tls"])
        return Identity(signing, BoxKey(seeds["box"]), tls, BoxKey(seeds["mycelium"]))
    except (ValueError, KeyError, AttributeError, BadKey, Refusal):
        raise NeedsOperator(
            "IdentityDamaged", f"{path} is damaged: restore it, or remove it to enrol as a new node"
        ) from None
