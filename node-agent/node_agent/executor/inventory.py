"""What this machine is and what it can give, read from the kernel. Believed only as far as the approval goes."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from node_agent.settings import NodeSettings
from trust.registration import Capacity, Inventory

RESERVED_MEMORY = 512 * 1024 * 1024
_DMI = Path("/sys/class/dmi/id")


def inventory() -> Inventory:
    """The machine in its own words, cut to the lengths that a registration allows."""
    system = platform.uname()
    return Inventory(
        hostname=system.node[:64],
        architecture="aarch64" if system.machine == "aarch64" else "x86_64",
        kernel=system.release[:64],
        board_vendor=_read(_DMI / "board_vendor")[:64],
        virtualisation="vm" if "hypervisor" in _read(Path("/proc/cpuinfo")) else "none",
        agent_version=_own_version()[:32],
    )


def capacity(settings: NodeSettings) -> Capacity:
    """Processors, memory beyond what the node needs itself, and the size of the pool."""
    if settings.capacity is not None:
        return Capacity(**settings.capacity.model_dump())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    disk = os.statvfs(settings.state)
    return Capacity(
        cpus=os.cpu_count() or 1,
        memory=max(0, memory - RESERVED_MEMORY),
        disk=disk.f_frsize * disk.f_blocks,
    )


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
