"""The node's packet filter: it pins each port to its machine's addresses, guards the way to the overlay, and lets no
hypervisor use the node's own network.

The rules are text that can be read and reviewed; what changes (a machine comes or goes) are elements of one set, and
what is read back is JSON. Every value is typed before it gets here: a name of ours, a MAC, an IPv6 address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from sal.addresses import PORT_PREFIX, link_local
from sal.command import Command, Runner
from sal.errors import CommandFailed, UnexpectedOutput
from sal.users import FIRST, MANY

TABLE = "hardpan"
_FAMILIES = ("bridge", "ip6", "inet")
# Deleting a table that may be missing: it is made first.
_NO_TABLES = "".join(f"table {family} {TABLE} {{}}\ndelete table {family} {TABLE}\n" for family in _FAMILIES)


@dataclass(frozen=True)
class Port:
    """A machine's port: the tap's name, and the addresses that it may send from."""

    name: str
    mac: str
    address: IPv6Address

    @property
    def elements(self) -> tuple[tuple[str, str, str], ...]:
        """The set elements of the port."""
        return tuple((self.name, self.mac, str(each)) for each in (self.address, link_local(self.mac)))


@dataclass(frozen=True)
class Guard:
    """What the filter guards: the bridge, the node's /64, the link towards other nodes."""

    bridge: str
    prefix: IPv6Network
    overlay: str


def ruleset(guard: Guard) -> str:
    """All tables. A guest's frames come by its port and are nobody's; what a hypervisor sends itself is its user's.

    Where br_netfilter is loaded, frames between two ports pass the forward chain too: those are pinned already, and
    dropping their multicast would end neighbour discovery.
    """
    machines = IPv6Network((int(guard.prefix.network_address) | 0xFF0F << 48, 80))
    ports = f'"{PORT_PREFIX}*"'
    return f"""
table bridge {TABLE} {{
  set ports {{ type ifname . ether_addr . ipv6_addr; }}
  chain from_ports {{ type filter hook prerouting priority -300; policy accept; }}
}}
flush chain bridge {TABLE} from_ports
table bridge {TABLE} {{
  chain from_ports {{
    iifname != {ports} accept
    ether type != ip6 counter drop
    icmpv6 type {{ nd-router-advert, nd-redirect }} counter drop
    ip6 saddr :: icmpv6 type {{ nd-neighbor-solicit, mld2-listener-report }} accept
    iifname . ether saddr . ip6 saddr @ports accept
    counter drop
  }}
}}
table ip6 {TABLE} {{
  chain forwarded {{ type filter hook forward priority filter; policy accept; }}
}}
flush chain ip6 {TABLE} forwarded
table ip6 {TABLE} {{
  chain forwarded {{
    iifname "{guard.bridge}" oifname "{guard.bridge}" accept
    iifname "{guard.overlay}" ip6 saddr {guard.prefix} counter drop
    iifname "{guard.overlay}" ip6 saddr != 400::/7 counter drop
    iifname "{guard.overlay}" oifname != "{guard.bridge}" counter drop
    iifname "{guard.overlay}" ip6 daddr != {machines} counter drop
    oifname "{guard.overlay}" iifname != "{guard.bridge}" counter drop
    oifname "{guard.overlay}" ip6 saddr != {machines} counter drop
    iifname "{guard.bridge}" ip6 daddr != 400::/7 counter drop
  }}
}}
table inet {TABLE} {{
  chain hypervisors {{ type filter hook output priority filter; policy accept; }}
}}
flush chain inet {TABLE} hypervisors
table inet {TABLE} {{
  chain hypervisors {{
    meta skuid {FIRST}-{FIRST + MANY - 1} counter drop
  }}
}}
"""


class Nftables:
    """Loads the filter and its elements."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._loaded: tuple[Guard, str] | None = None

    def ensure(self, guard: Guard) -> bool:
        """Loads all tables where they are not as this process loaded them; whether somebody had changed them.

        They are replaced whole in one transaction, elements included, so that no frame passes unfiltered or is lost.
        """
        if self._loaded is not None and self._loaded == (guard, self._listing()):
            return False
        changed = self._loaded is not None and self._loaded[0] == guard
        self._load(_NO_TABLES + ruleset(guard) + _elements("add", self.elements()))
        self._loaded = (guard, self._listing())
        return changed

    def ensure_port(self, port: Port) -> None:
        """Lets a port send from its machine's addresses, and from no others."""
        stale = [each for each in self.elements() if each[0] == port.name and each not in port.elements]
        self._load(_elements("delete", stale) + _elements("add", port.elements))

    def absent_port(self, name: str) -> None:
        """Lets a port send nothing."""
        self._load(_elements("delete", [each for each in self.elements() if each[0] == name]))

    def elements(self) -> tuple[tuple[str, str, str], ...]:
        """All elements of the set; none when there is no such set, or one that is not ours."""
        try:
            output = self._runner.run(Command(("nft", "--json", "list", "set", "bridge", TABLE, "ports")))
            return parse_elements(output.text)
        except (CommandFailed, UnexpectedOutput):
            return ()

    def absent(self) -> None:
        """No table of ours."""
        self._load(_NO_TABLES)

    def _listing(self) -> str:
        """All tables as the kernel has them, without counters and elements; empty where one is missing."""
        words = ("nft", "--stateless", "--terse", "list", "table")
        try:
            return "\n".join(self._runner.run(Command((*words, family, TABLE))).text for family in _FAMILIES)
        except CommandFailed:
            return ""

    def _load(self, text: str) -> None:
        if text:
            self._runner.run(Command(("nft", "--file", "-"), input=text.encode(), hint="install nftables"))


def _elements(verb: str, elements: list[tuple[str, str, str]] | tuple[tuple[str, str, str], ...]) -> str:
    if not elements:
        return ""
    listed = ", ".join(" . ".join(each) for each in elements)
    return f"{verb} element bridge {TABLE} ports {{ {listed} }}\n"


def parse_elements(text: str) -> tuple[tuple[str, str, str], ...]:
    """The elements in the output of `nft --json list set`."""
    try:
        found = next(each["set"] for each in json.loads(text)["nftables"] if "set" in each)
        return tuple(tuple(each["concat"]) for each in found.get("elem", ()))
    except (ValueError, KeyError, StopIteration, TypeError) as error:
        raise UnexpectedOutput(f"nft lists the set of ports in an unknown form: {error}") from None
