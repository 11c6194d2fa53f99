"""The machine's network cards as the kernel shows them: whether there is a link, and which IPv6 addresses hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

_GLOBAL_SCOPE = 0
_NOT_YET_OR_NEVER = 0x40 | 0x08  # IFA_F_TENTATIVE, IFA_F_DADFAILED


@dataclass(frozen=True)
class Interface:
    """A network card: `carrier` says whether the cable's other end is there; addresses beyond the link only."""

    name: str
    carrier: bool
    addresses: tuple[IPv6Address, ...] = ()


def interfaces(root: Path = Path("/")) -> tuple[Interface, ...]:
    """The cards, in the order of their names; bridges and taps are none."""
    folder, table = root / "sys/class/net", root / "proc/net/if_inet6"
    addresses = parse_addresses(table.read_text()) if table.is_file() else {}
    names = sorted(each.name for each in folder.iterdir() if (each / "device").exists()) if folder.is_dir() else []
    return tuple(Interface(name, _carrier(folder / name), addresses.get(name, ())) for name in names)


def parse_addresses(text: str) -> Mapping[str, tuple[IPv6Address, ...]]:
    """`/proc/net/if_inet6`: address, index, prefix length, scope and flags in hexadecimal, and the link's name."""
    found: dict[str, tuple[IPv6Address, ...]] = {}
    for address, _, _, scope, flags, name in (line.split() for line in text.splitlines()):
        if int(scope, 16) == _GLOBAL_SCOPE and not int(flags, 16) & _NOT_YET_OR_NEVER:
            found[name] = (*found.get(name, ()), IPv6Address(bytes.fromhex(address)))
    return found


def _carrier(folder: Path) -> bool:
    try:
        return (folder / "carrier").read_text().strip() == "1"
    except OSError:
        # The kernel refuses to say it of a link that is down.
        return False
