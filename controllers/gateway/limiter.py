"""Token buckets per client network, bounded in number, so that a flood from one place starves no other. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from controllers.serving.networks import network_of


@dataclass(frozen=True)
class Rate:
    """Requests a second in the long run, and how many may come at once."""

    per_second: float
    burst: float


@dataclass
class _Bucket:
    level: float
    filled: float


class Limiter:
    """Says whether a request may pass now; forgets the longest unseen network beyond `networks` of them."""

    def __init__(self, rate: Rate, networks: int = 4096) -> None:
        self._rate = rate
        self._networks = networks
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def allows(self, address: str, now: float) -> bool:
        """Takes a token of the address's network (/24 or /64); `now` is any monotonic clock in seconds."""
        name = network_of(address)
        bucket = self._buckets.pop(name, None) or _Bucket(self._rate.burst, now)
        bucket.level = min(self._rate.burst, bucket.level + (now - bucket.filled) * self._rate.per_second)
        bucket.filled = now
        self._buckets[name] = bucket
        while len(self._buckets) > self._networks:
            self._buckets.popitem(last=False)
        if bucket.level < 1:
            return False
        bucket.level -= 1
        return True
