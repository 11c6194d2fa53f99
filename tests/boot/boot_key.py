"""The key that the firmware of Secure Boot tests knows: one that Debian ships for tests. It is the operator's here."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization

from efi.signing import BootKey

KEYS = Path("/usr/share/ovmf")
CHECKING = ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd")
PROTECTED = ("-global", "driver=cfi.pflash01,property=secure,value=on")


def boot_key(folder: Path) -> BootKey:
    """The key, written where the signing program reads it."""
    key = serialization.load_pem_private_key((KEYS / "PkKek-1-snakeoil.key").read_bytes(), b"snakeoil")
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    return BootKey(folder / "key.pem", KEYS / "PkKek-1-snakeoil.pem")
