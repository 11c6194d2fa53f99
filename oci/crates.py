"""The crates of the script engine, from the lock that cargo builds it by; what only builds them is among them."""

from __future__ import annotations

import tomllib

from efi.lock import CRATE, Item


def parse_crates(text: str) -> tuple[Item, ...]:
    """The crates of a cargo lock but our own, which has no digest."""
    found = tomllib.loads(text)["package"]
    return tuple(Item(CRATE, each["name"], each["version"], each["checksum"]) for each in found if "checksum" in each)
