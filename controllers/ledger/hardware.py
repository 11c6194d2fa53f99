"""Which machine it is, in its own words, and where it is: what a join token may be bound to. Pure.

Whoever holds a token's key can say anything of his machine, so this keeps mistakes out, not thieves.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from trust.registration import Inventory


@dataclass(frozen=True)
class Hardware:
    """A machine's board vendor, and every name that it alone has: serial number, UUID, hardware addresses."""

    board_vendor: str
    names: tuple[str, ...] = ()

    def is_one_of(self, machines: Collection[str]) -> bool:
        """Whether one of these names is one of its own; large and small letters are the same."""
        wanted = {each.lower() for each in machines}
        return any(each.lower() in wanted for each in self.names)

    def __str__(self) -> str:
        return ", ".join(self.names) or "without a name"


def hardware_of(inventory: Inventory) -> Hardware:
    """What a registration says of it."""
    addresses = tuple(each.address for each in inventory.cards or ())
    names = tuple(each for each in (inventory.serial, inventory.machine, *addresses) if each)
    return Hardware(inventory.board_vendor, names)


def is_within(address: str, networks: Collection[str]) -> bool:
    """Whether an address is in one of the networks (CIDR); one that cannot be read is in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ip_network(each, strict=False) for each in networks)
