"""Builds the guest's disk: a FAT disk that the firmware boots, with kernel and initramfs, the same bytes every time."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from pathlib import Path

from cli.demo.guest.kernel import Kernel, fetch_kernel
from efi.cpio import CONSOLE, FILE, FOLDER, LINK, PROGRAM, Entry, archive
from sal.command import Command, Runner
from sal.filesystem import make_sparse

BUSYBOX = Path("/bin/busybox")
INIT = Path(__file__).with_name("init")
DISK_BYTES = 32 << 20
FOLDERS = ("bin", "dev", "proc", "sys", "seed", "modules", "www", "etc", "etc/acpi")
COMMANDS = (
    "acpid", "awk", "cat", "chmod", "echo", "grep", "head", "hostname", "httpd", "insmod", "ip", "ln", "ls", "mkdir",
    "mount", "mv", "ping", "poweroff", "printf", "sh", "sleep", "sync", "umount", "usleep",
)  # fmt: skip
# An emulated timer on a busy machine fails the kernel's check of it, which ends in a panic.
BOOT = """DEFAULT guest
PROMPT 0
TIMEOUT 0
LABEL guest
  KERNEL vmlinuz
  INITRD initrd
  APPEND console=ttyS0 panic=-1 quiet loglevel=3 random.trust_cpu=on tsc=reliable no_timer_check
"""
_REPRODUCIBLE = {"SOURCE_DATE_EPOCH": "1704067200"}


def build(runner: Runner, output: Path, cache: Path) -> str:
    """Builds the disk at `output`; returns its SHA-256 in hexadecimal."""
    kernel = fetch_kernel(runner, cache)
    with tempfile.TemporaryDirectory(prefix="hardpan-guest-") as folder:
        disk = Path(folder) / "disk.raw"
        _write_disk(runner, disk, kernel, initramfs(kernel))
        data = disk.read_bytes()
    output.parent.mkdir(parents=True, exist_ok=True)
    aside = output.with_name(f".new-{output.name}")
    aside.write_bytes(data)
    aside.rename(output)
    return hashlib.sha256(data).hexdigest()


def initramfs(kernel: Kernel) -> bytes:
    """The guest's whole user space, packed."""
    entries = [Entry(name, FOLDER) for name in FOLDERS]
    entries.append(Entry("dev/console", CONSOLE, device=(5, 1)))
    entries.append(Entry("bin/busybox", PROGRAM, BUSYBOX.read_bytes()))
    entries += [Entry(f"bin/{name}", LINK, b"busybox") for name in COMMANDS]
    entries += [Entry(f"modules/{each.name}", FILE, each.read_bytes()) for each in kernel.modules]
    order = "".join(f"{each.name}\n" for each in kernel.modules)
    entries.append(Entry("modules/order", FILE, order.encode()))
    entries.append(Entry("init", PROGRAM, INIT.read_bytes()))
    return gzip.compress(archive(entries), compresslevel=6, mtime=0)


def _write_disk(runner: Runner, disk: Path, kernel: Kernel, packed: bytes) -> None:
    make_sparse(disk, DISK_BYTES)
    label = ("mkfs.vfat", "-n", "GUEST", "-i", "48415250", "--invariant", str(disk))
    runner.run(Command(label, hint="install dosfstools"))
    contents = {"vmlinuz": kernel.image.read_bytes(), "initrd": packed, "syslinux.cfg": BOOT.encode()}
    for name, data in contents.items():
        copy = ("mcopy", "-i", str(disk), "-", f"::{name}")
        runner.run(Command(copy, input=data, environment=_REPRODUCIBLE, hint="install mtools"))
    runner.run(Command(("syslinux", "--install", str(disk)), environment=_REPRODUCIBLE, hint="install syslinux"))
