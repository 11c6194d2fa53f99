"""Short forms for lists of nodes: for people only, no code reads them."""

from __future__ import annotations

from ipaddress import IPv6Address

from plans.quantity import UNITS


def shortened(address: IPv6Address) -> str:
    """First and last group: `4f2:…::1`."""
    groups = address.compressed.split(":")
    return f"{groups[0]}:…::{groups[-1]}"


def rounded(amount: int) -> str:
    """Bytes with one decimal at most, rounded down, so that nobody counts on more than there is: `15.5Gi`."""
    for unit, factor in reversed(UNITS.items()):
        if amount >= factor:
            tenths = amount * 10 // factor
            return f"{tenths // 10}{unit}" if tenths % 10 == 0 or tenths >= 1000 else f"{tenths / 10}{unit}"
    return str(amount)
