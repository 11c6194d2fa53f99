"""Which addresses are in the public internet: what a tenant names must not lead to a machine's own network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from sal.errors import Busy, Refused

Resolver = Callable[[str, int], tuple[str, ...]]
# IANA hands out global unicast addresses below this one only; the overlay's 400::/7 is not among them.
GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address is public: not private, link-local, loopback, multicast, reserved or overlay.

    One that carries an IPv4 address (mapped, NAT64, 6to4) is as public as that.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        carried = _carried(parsed)
        if carried is not None:
            return is_public(str(carried))
        if parsed not in GLOBAL_UNICAST:
            return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host when all of them are public. Raises Refused or Busy."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise Refused(f"{host!r} is no host name: {error}") from None
    except OSError as error:
        raise Busy(f"{host} cannot be resolved: {error}") from None
    return checked(host, tuple(str(each[4][0]) for each in found))


def checked(host: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses of a host, or Refused when one of them is not public."""
    for address in addresses:
        if not is_public(address):
            raise Refused(f"{host} is at {address}, which is not a public address: images come from public hosts only")
    return addresses
