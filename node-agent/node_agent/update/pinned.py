"""Nodes that start over the network: the bootstrap server keeps an image for each, and tries a new one once.

The server says so in the kernel line, and nobody signed for that: it only makes this machine restart for an order that
the operator signed, and restart again when this image does not become a node in time.
"""

from __future__ import annotations

from enum import StrEnum

_WORD = "hardpan_pin="


class Pin(StrEnum):
    """Why the server gave this image: it is the node's, or it is tried."""

    KEPT = "kept"
    TRIAL = "trial"


def pin(kernel_line: str) -> Pin | None:
    """What the kernel line says; None for a machine that no server keeps an image for. Pure."""
    said = [word.removeprefix(_WORD) for word in kernel_line.split() if word.startswith(_WORD)]
    return Pin(said[-1]) if said and said[-1] in Pin.__members__.values() else None
