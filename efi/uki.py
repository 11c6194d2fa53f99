"""Joins kernel, initramfs and kernel line to the one file that firmware starts (a unified kernel image)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from efi.pe import sections
from efi.unpacked import Unpacked

CONTENTS = ".hpdlock"
STUB = "usr/lib/systemd/boot/efi/linuxx64.efi.stub"


@dataclass(frozen=True)
class Parts:
    """What the stub finds in the image; `contents` is the lock, for whoever asks an image what it is made of."""

    release: bytes
    version: bytes
    line: bytes
    contents: bytes
    initramfs: bytes
    kernel: bytes

    def by_section(self) -> dict[str, bytes]:
        """In the order in which they lie in the file: the kernel is last, since it unpacks itself beyond its end."""
        return {
            ".osrel": self.release,
            ".uname": self.version,
            ".cmdline": self.line,
            CONTENTS: self.contents,
            ".initrd": self.initramfs,
            ".linux": self.kernel,
        }


def join(unpacked: Unpacked, parts: Parts) -> bytes:
    """The image. Each part begins on a page of its own."""
    stub = unpacked.folder / STUB
    address = max(each.end for each in sections(stub.read_bytes())) + _base(stub.read_bytes())
    with tempfile.TemporaryDirectory(prefix="hardpan-uki-") as folder:
        words: list[str] = []
        for name, content in parts.by_section().items():
            file = Path(folder) / name.strip(".")
            file.write_bytes(content)
            words += ["--add-section", f"{name}={file}", "--change-section-vma", f"{name}={address:#x}"]
            address += -(-len(content) // 4096) * 4096
        made = Path(folder) / "image.efi"
        unpacked.run("x86_64-linux-gnu-objcopy", "--preserve-dates", *words, str(stub), str(made))
        return made.read_bytes()


def _base(stub: bytes) -> int:
    """The address that the stub's own are counted from (ImageBase of a 64-bit PE file)."""
    start = int.from_bytes(stub[0x3C:0x40], "little")
    return int.from_bytes(stub[start + 48 : start + 56], "little")
