"""Whether this machine can talk to anybody, and what is missing where it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from node_agent.boot.channels import Lease
from sal.interfaces import Interface

_SHOWN = 4


@dataclass(frozen=True)
class Card:
    """A network card and its lease."""

    interface: Interface
    lease: Lease | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its addresses beyond the link, version 4 first."""
        first = (self.lease.address,) if self.lease and self.interface.carrier else ()
        return (*first, *map(str, self.interface.addresses))


def addresses(cards: Iterable[Card]) -> tuple[str, ...]:
    """All addresses, each with its card's name. Pure."""
    return tuple(f"{address} ({card.interface.name})" for card in cards for address in card.addresses)


def missing(cards: Iterable[Card]) -> str:
    """What keeps this machine off the network, with the remedy; empty when it has an address. Pure."""
    found = tuple(cards)
    if addresses(found):
        return ""
    if not found:
        return "there is no network card: attach one, or use an image with its driver (flavour metal)"
    dark = [card.interface.name for card in found if not card.interface.carrier]
    lit = [card.interface.name for card in found if card.interface.carrier]
    if lit:
        also = f"; no link on {_listed(dark)}" if dark else ""
        return f"no DHCP lease and no router's address on {_listed(lit)}: is there a DHCP server on this network?{also}"
    return f"no link on {_listed(dark)}: plug in the cable, or switch the port on"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
