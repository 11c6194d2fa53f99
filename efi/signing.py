"""Signs an image with the operator's own key, so that firmware with its certificate starts no other (Secure Boot)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from efi.errors import MediumWrong
from efi.unpacked import Unpacked
from sal.errors import CommandFailed


@dataclass(frozen=True)
class BootKey:
    """A private key and its certificate, both PEM files."""

    key: Path
    certificate: Path


def sign(unpacked: Unpacked, image: bytes, key: BootKey) -> bytes:
    """The image with a signature. Its bytes differ each time, since the signature holds its own time."""
    with tempfile.TemporaryDirectory(prefix="hardpan-sign-") as folder:
        plain, signed = Path(folder) / "plain.efi", Path(folder) / "signed.efi"
        plain.write_bytes(image)
        words = ("--key", str(key.key), "--cert", str(key.certificate), "--output", str(signed), str(plain))
        try:
            unpacked.run("sbsign", *words)
        except CommandFailed as error:
            reason = error.stderr.strip().splitlines()[-1:] or ["sbsign failed"]
            raise MediumWrong(f"{key.key} and {key.certificate} cannot sign: {reason[0]}") from None
        return signed.read_bytes()
