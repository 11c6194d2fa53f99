"""How many connections the gateway holds, in all and of each client network, so that idle ones starve nobody. Pure."""

from __future__ import annotations

from collections import Counter

from controllers.gateway.limiter import network_of


class Door:
    """Counts who is inside; `most` in all, `each` of one network."""

    def __init__(self, most: int, each: int) -> None:
        self.most, self._each = most, each
        self._inside: Counter[str] = Counter()

    @property
    def inside(self) -> int:
        """How many are inside."""
        return self._inside.total()

    def enter(self, address: str) -> bool:
        """Whether a connection of this address may stay; who may not is not counted."""
        network = network_of(address)
        if self.inside >= self.most or self._inside[network] >= self._each:
            return False
        self._inside[network] += 1
        return True

    def leave(self, address: str) -> None:
        """A connection that entered is over."""
        network = network_of(address)
        self._inside[network] -= 1
        if not self._inside[network]:
            del self._inside[network]
