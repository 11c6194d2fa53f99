"""X.509 certificates for what the demo and the tests run: a small authority that signs servers and clients."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sal.filesystem import write_durably

VALIDITY = timedelta(days=365)


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Subject:
    """Whom a certificate is for: common name, organisation (a group, for Kubernetes), names and addresses."""

    name: str
    organisation: str = ""
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Authority:
    """A certificate authority in a folder; what was made stays, so that a restart keeps its identity."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
        if not self.pair.certificate.exists():
            self._make(name)
        self._certificate = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())
        loaded = serialization.load_pem_private_key(self.pair.key.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        self._key = loaded

    def issue(self, file: str, subject: Subject) -> Pair:
        """A certificate for servers and clients alike, in `<file>.crt` and `<file>.key`."""
        pair = Pair(self._folder / f"{file}.crt", self._folder / f"{file}.key")
        if pair.certificate.exists():
            return pair
        key = ec.generate_private_key(ec.SECP256R1())
        built = _builder(_name(subject), self._certificate.subject, key.public_key())
        built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        built = built.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if alternatives := _alternatives(subject):
            built = built.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        _write(pair, built.sign(self._key, hashes.SHA256()), key)
        return pair

    def _make(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(Subject(f"hardpan {name}"))
        built = _builder(subject, subject, key.public_key())
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        _write(self.pair, built.sign(key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALIDITY)
    )


def _name(subject: Subject) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject.name)]
    if subject.organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation))
    return x509.Name(attributes)


def _alternatives(subject: Subject) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = [x509.DNSName(each) for each in subject.names]
    return [*found, *(x509.IPAddress(ipaddress.ip_address(each)) for each in subject.addresses)]


def _write(pair: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    write_durably(pair.key, key.private_bytes(pem, form, serialization.NoEncryption()))
    write_durably(pair.certificate, certificate.public_bytes(pem), 0o644)


def service_account_key(folder: Path) -> Path:
    """The key with which the API server signs the tokens of service accounts."""
    file = folder / "service-account.key"
    if not file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
        write_durably(file, key.private_bytes(pem, form, serialization.NoEncryption()))
    return file


def bundle(certificates: Iterable[Path]) -> bytes:
    """Several certificates in one PEM text."""
    return b"".join(each.read_bytes() for each in certificates)
