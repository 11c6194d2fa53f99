"""The keys of Secure Boot: PK owns a machine's firmware, KEK changes its lists, db signs what it starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from efi.signing import BootKey
from sal.errors import os_errors
from sal.filesystem import write_durably

PLATFORM, EXCHANGE, SIGNERS = "PK", "KEK", "db"
NAMES = (PLATFORM, EXCHANGE, SIGNERS)
# What all firmware knows; longer keys and other kinds are not everywhere (UEFI 2.10, section 32.5.3.3).
BITS, EXPONENT = 2048, 65537
# Firmware looks at no date of a certificate; tools do.
VALIDITY = timedelta(days=20 * 365)


def ensure_keys(folder: Path) -> dict[str, BootKey]:
    """The three keys of a folder by name; those that are there are kept as they are."""
    with os_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {name: _ensure_key(folder, name) for name in NAMES}


def _ensure_key(folder: Path, name: str) -> BootKey:
    pair = BootKey(folder / f"{name}.key", folder / f"{name}.pem")
    if not pair.key.exists():
        key = rsa.generate_private_key(EXPONENT, BITS)
        # The certificate first: a key that is there has one.
        write_durably(pair.certificate, certificate(key, name).public_bytes(serialization.Encoding.PEM), 0o644)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_durably(pair.key, key.private_bytes(*form), 0o600)
    return pair


def certificate(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """One that a key signs for itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Hardpan Secure Boot {name}")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + VALIDITY)
    return made.sign(key, hashes.SHA256())
