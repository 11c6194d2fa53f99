"""What the machine is made of, as firmware and kernel say it: board, processor, memory, firmware, network cards.

Makers write placeholders where they have nothing to say; these are left out, for two machines would seem to be one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_DMI = "sys/class/dmi/id"
_PLACEHOLDER = re.compile(r"(to be filled.*|default string|not specified|system .*|none|n/?a|0+|[x.]+|[0f-]+)?", re.I)
_NO_ADDRESS = "00:00:00:00:00:00"
_KIB = 1024


@dataclass(frozen=True)
class Board:
    """Maker, product and serial number of the machine, and the number (UUID) that its firmware gives it."""

    vendor: str = ""
    product: str = ""
    serial: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class Card:
    """A network card and its hardware address."""

    name: str
    address: str


def board(root: Path = Path("/")) -> Board:
    """The board; what it does not say is empty."""
    folder = root / _DMI
    return Board(
        vendor=_said(folder / "board_vendor"),
        product=_said(folder / "product_name"),
        serial=_said(folder / "product_serial"),
        uuid=_said(folder / "product_uuid").lower(),
    )


def firmware(root: Path = Path("/")) -> str:
    """`UEFI` or `BIOS`, with maker and version; empty on a machine that has none."""
    folder = root / _DMI
    said = [_said(folder / name) for name in ("bios_vendor", "bios_version")]
    has_uefi = (root / "sys/firmware/efi").exists()
    kind = "UEFI" if has_uefi else "BIOS" if any(said) else ""
    return " ".join(each for each in (kind, *said) if each)


def processor(root: Path = Path("/")) -> str:
    """The model of the first processor."""
    return parse_processor(_read(root / "proc/cpuinfo"))


def parse_processor(text: str) -> str:
    """The model's name in `/proc/cpuinfo`; empty where there is none, as on arm64."""
    found = re.search(r"^model name\s*:(.*)$", text, re.MULTILINE)
    return " ".join(found.group(1).split()) if found else ""


def memory(root: Path = Path("/")) -> int:
    """Bytes of memory."""
    found = re.search(r"^MemTotal:\s+(\d+) kB$", _read(root / "proc/meminfo"), re.MULTILINE)
    return int(found.group(1)) * _KIB if found else 0


def virtualises(root: Path = Path("/")) -> bool:
    """Whether the kernel offers to run machines by the processor itself (KVM)."""
    return (root / "dev/kvm").exists()


def is_virtual(root: Path = Path("/")) -> bool:
    """Whether the machine is itself a virtual one."""
    return "hypervisor" in _read(root / "proc/cpuinfo")


def cards(root: Path = Path("/")) -> tuple[Card, ...]:
    """The network cards, in the order of their names; bridges and taps are none."""
    folder = root / "sys/class/net"
    names = sorted(each.name for each in folder.iterdir() if (each / "device").exists()) if folder.is_dir() else []
    found = [Card(name, _read(folder / name / "address").lower()) for name in names]
    return tuple(each for each in found if each.address not in ("", _NO_ADDRESS))


def _said(file: Path) -> str:
    text = " ".join(_read(file).split())
    return "" if _PLACEHOLDER.fullmatch(text) else text


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
