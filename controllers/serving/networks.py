"""The network that an address is in: who has one address of it has all, so that limits are a network's."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


@lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """The /24 or /64 that an address is in; what is no address is a network of its own."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    prefix = 64 if isinstance(parsed, IPv6Address) else 24
    return str(ip_network(f"{parsed}/{prefix}", strict=False))
