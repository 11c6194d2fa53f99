"""What this machine is and what it can give, read from the kernel. Believed only as far as the approval goes."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from node_agent.settings import NodeSettings
from sal import hardware
from sal.block import disks
from trust.registration import Capacity, Card, Disk, Inventory

RESERVED_MEMORY = 512 * 1024 * 1024
MOST = 16


def inventory(keys: str = "", root: Path = Path("/")) -> Inventory:
    """The machine in its own words, cut to the lengths that a registration allows; `keys`: how the node's own lie."""
    system, board = platform.uname(), hardware.board(root)
    return Inventory(
        hostname=system.node[:64],
        architecture="aarch64" if system.machine == "aarch64" else "x86_64",
        kernel=system.release[:64],
        board_vendor=board.vendor[:64],
        virtualisation="vm" if hardware.is_virtual(root) else "none",
        agent_version=_own_version()[:32],
        product=board.product[:64] or None,
        serial=board.serial[:64] or None,
        machine=board.uuid[:64] or None,
        firmware=hardware.firmware(root)[:128] or None,
        processor=hardware.processor(root)[:64] or None,
        memory=hardware.memory(root),
        accelerator="kvm" if hardware.virtualises(root) else "none",
        keys=keys[:128] or None,
        disks=tuple(
            Disk(name=each.name, size=each.size, serial=each.serial[:64] or None) for each in disks(root)[:MOST]
        ),
        cards=tuple(Card(name=each.name, address=each.address) for each in hardware.cards(root)[:MOST]),
    )


def capacity(settings: NodeSettings, *, runs_machines: bool = True) -> Capacity:
    """Processors, memory beyond what the node needs itself, and the size of the pool."""
    if settings.capacity is not None:
        return Capacity(**settings.capacity.model_dump())
    disk = os.statvfs(settings.state)
    room = disk.f_frsize * disk.f_blocks
    if not runs_machines:
        return Capacity(cpus=0, memory=0, disk=room)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Capacity(cpus=os.cpu_count() or 1, memory=max(0, memory - RESERVED_MEMORY), disk=room)


def boot_id(node: str) -> str:
    """Names this start of the machine; differs between nodes that share a kernel."""
    kernel = _read(Path("/proc/sys/kernel/random/boot_id"))
    return hashlib.sha256(f"{kernel} {node}".encode()).hexdigest()[:32]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _own_version() -> str:
    try:
        return version("hardpan")
    except PackageNotFoundError:
        return "unknown"
