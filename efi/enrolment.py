"""The files by which firmware takes up the keys of Secure Boot, in every form that tools and set-up menus ask for.

UEFI 2.10, section 8.2.2: a list of certificates (`.esl`), and the same signed by the key above it (`.auth`).
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from efi.boot_keys import EXCHANGE, PLATFORM, SIGNERS
from efi.errors import MediumWrong
from efi.esp import BOOT
from efi.signing import BootKey, sign
from efi.slots import LOADER
from efi.unpacked import Unpacked
from efi.usb import write_stick
from sal.errors import CommandFailed, os_errors
from sal.filesystem import write_durably

SIGNED_BY = {PLATFORM: PLATFORM, EXCHANGE: PLATFORM, SIGNERS: EXCHANGE}
STICK = "enrol.img"
STICK_MIB = 40
# systemd-boot 252, loader.conf(5): takes up the keys of this folder when firmware is in setup mode.
AUTOMATIC = "loader/keys/auto"
SETTINGS = b"secure-boot-enroll force\ntimeout 5\n"


# What a signature says that is done with the list: it stands in the place of the old one, or is added to it.
_REPLACING = "NON_VOLATILE,BOOTSERVICE_ACCESS,RUNTIME_ACCESS,TIME_BASED_AUTHENTICATED_WRITE_ACCESS"
_ADDING = f"{_REPLACING},APPEND_WRITE"


@dataclass(frozen=True)
class Forms:
    """One certificate as it is (DER), in a list, and in a list that is signed: to replace the old one, or to add to it.

    Set-up menus and systemd-boot replace; sbkeysync adds. A signature for one of them is none for the other.
    """

    plain: bytes
    listed: bytes
    signed: bytes
    added: bytes

    def by_suffix(self) -> Mapping[str, bytes]:
        """As the files are named."""
        return {".cer": self.plain, ".esl": self.listed, ".auth": self.signed}


def write_enrolment(unpacked: Unpacked, keys: Mapping[str, BootKey], folder: Path) -> None:
    """Writes the files for tools and menus, and a stick that does it by itself. Raises MediumWrong."""
    forms = {name: _forms(unpacked, keys, name) for name in keys}
    files = {f"{name}{suffix}": data for name, each in forms.items() for suffix, data in each.by_suffix().items()}
    signed = {f"{name}.auth": each.signed for name, each in forms.items()}
    # sbkeysync --keystore looks for the files of each variable in a folder of its name.
    stores = {f"keystore/{name}/{name}.auth": each.added for name, each in forms.items()}
    for name, data in {**files, **stores}.items():
        with os_errors(folder):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_durably(folder / name, data, 0o644)
    loader = sign(unpacked, (unpacked.folder / LOADER).read_bytes(), keys[SIGNERS])
    on_stick = {BOOT: loader, "loader/loader.conf": SETTINGS}
    on_stick |= {f"{AUTOMATIC}/{name}": data for name, data in signed.items()}
    on_stick |= {f"keys/{name}": data for name, data in files.items()}
    write_stick(unpacked, folder / STICK, on_stick, STICK_MIB, "hardpan-keys")


def _forms(unpacked: Unpacked, keys: Mapping[str, BootKey], name: str) -> Forms:
    file = keys[name].certificate
    try:
        plain = x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)
    except (OSError, ValueError):
        raise MediumWrong(f"{file} is no certificate (PEM): restore it, or remove {keys[name].key} too") from None
    with tempfile.TemporaryDirectory(prefix="hardpan-keys-") as folder:
        given, listed = Path(folder) / "given", Path(folder) / "listed"
        given.write_bytes(plain)
        owner = str(uuid.uuid5(uuid.NAMESPACE_OID, plain.hex()))
        unpacked.run("sbsiglist", "--owner", owner, "--type", "x509", "--output", str(listed), str(given))
        signer = keys[SIGNED_BY[name]]
        signed, added = (_signed(unpacked, signer, name, listed, each) for each in (_REPLACING, _ADDING))
        return Forms(plain, listed.read_bytes(), signed, added)


def _signed(unpacked: Unpacked, signer: BootKey, name: str, listed: Path, attributes: str) -> bytes:
    made = listed.with_name("signed")
    by = ("--key", str(signer.key), "--cert", str(signer.certificate))
    try:
        unpacked.run("sbvarsign", *by, "--attrs", attributes, "--output", str(made), name, str(listed))
    except CommandFailed as error:
        reason = error.stderr.strip().splitlines()[-1:] or ["sbvarsign failed"]
        raise MediumWrong(f"{signer.key} and {signer.certificate} cannot sign: {reason[0]}") from None
    return made.read_bytes()
