"""What a TPM will hold of an image: PCR 11, as the systemd stub measures it before it starts the kernel."""

from __future__ import annotations

import hashlib

from efi.pe import Section

# The stub of systemd 252 measures these, in this order; each as its name with a NUL, then its content.
MEASURED = (".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey")


def pcr_11(found: tuple[Section, ...]) -> str:
    """The SHA-256 bank's value in hexadecimal."""
    contents = {each.name: each.content for each in found}
    value = bytes(32)
    for name in MEASURED:
        if name in contents:
            for measured in (name.encode() + b"\0", contents[name]):
                value = hashlib.sha256(value + hashlib.sha256(measured).digest()).digest()
    return value.hex()
