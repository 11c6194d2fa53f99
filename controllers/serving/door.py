"""How much a server holds, in all and for each client network, so that no network starves another. Pure."""

from __future__ import annotations

from collections import Counter

from controllers.serving.networks import network_of

NETWORKS = 4
"""So many networks fill a server between them; fewer leave room for others."""


class Door:
    """Counts what is inside, connections or bytes; `most` in all, `each` of one network."""

    def __init__(self, most: int, each: int | None = None) -> None:
        self.most = most
        self._each = max(1, most // NETWORKS) if each is None else each
        self._inside: Counter[str] = Counter()
        self.inside = 0

    def enter(self, address: str, amount: int = 1) -> bool:
        """Whether so much of this address may come in; what may not is not counted."""
        network = network_of(address)
        if self.inside + amount > self.most or self._inside[network] + amount > self._each:
            return False
        self._inside[network] += amount
        self.inside += amount
        return True

    def leave(self, address: str, amount: int = 1) -> None:
        """So much of what entered is over."""
        network = network_of(address)
        self._inside[network] -= amount
        self.inside -= amount
        if not self._inside[network]:
            del self._inside[network]
