"""Makes the site's authority and the certificates that it signs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controllers.certificates.leaves import Leaf

AUTHORITY_LIFE = timedelta(days=3652)
LEAF_LIFE = timedelta(days=90)
# A machine whose clock is a little behind must take a new certificate too.
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Pem:
    """A certificate and its private key, as text that a Secret holds."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Authority:
    """Who signs: a certificate that is its own root, and its key."""

    pem: Pem
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def end(self) -> datetime:
        """Nothing that it signed is valid longer."""
        return self.certificate.not_valid_after_utc


def make_authority(cluster: str, now: datetime) -> Pem:
    """A new authority, named after its cluster, that may sign no further authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"hardpan site {cluster}"[:64])
    built = (
        _begun(name, name, key.public_key(), now, now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return _pem(built.sign(key, hashes.SHA256()), key)


def issue(leaf: Leaf, authority: Authority, now: datetime) -> Pem:
    """A certificate with a key of its own; it never outlives its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(now + LEAF_LIFE, authority.end)
    issuer = authority.certificate
    built = (
        _begun(_name(leaf.subject), issuer.subject, key.public_key(), now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_purposes(leaf)), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    if leaf.names:
        built = built.add_extension(_alternatives(leaf), critical=False)
    return _pem(built.sign(authority.key, hashes.SHA256()), key)


def _begun(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _purposes(leaf: Leaf) -> list[x509.ObjectIdentifier]:
    serving = [ExtendedKeyUsageOID.SERVER_AUTH] if leaf.serves else []
    return [*serving, ExtendedKeyUsageOID.CLIENT_AUTH] if leaf.calls else serving


def _alternatives(leaf: Leaf) -> x509.SubjectAlternativeName:
    hosts = [x509.DNSName(each) for each in sorted(leaf.hosts)]
    addresses = [x509.IPAddress(ipaddress.ip_address(each)) for each in sorted(leaf.addresses)]
    return x509.SubjectAlternativeName([*hosts, *addresses])


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pem:
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return Pem(certificate.public_bytes(pem), key.private_bytes(pem, form, serialization.NoEncryption()))
