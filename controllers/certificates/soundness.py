"""Says in words what is wrong with a certificate that lies in a Secret; nothing is signed or served by a flawed one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controllers.certificates.leaves import Leaf
from controllers.certificates.making import Authority, Pem


class Flawed(Exception):
    """A certificate that cannot be used; the message says why, and fits behind the Secret's name."""


def authority_of(pem: Pem) -> Authority:
    """The authority in a Secret, whoever made it. Raises Flawed."""
    certificate, key = parsed(pem)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Flawed("has a key that is not of an elliptic curve: make one with `openssl ecparam -name prime256v1`")
    if not _may_sign(certificate):
        raise Flawed("holds a certificate that may sign no other: it takes an authority (basicConstraints CA:TRUE)")
    if not _signed_by(certificate, certificate):
        raise Flawed("is signed by another authority: it takes one that is its own root")
    return Authority(pem, certificate, key)


def end_of(pem: Pem) -> datetime:
    """When the certificate ends. Raises Flawed."""
    return _certificate(pem.certificate).not_valid_after_utc


def check_leaf(pem: Pem, leaf: Leaf, root: bytes, names: Iterable[str]) -> None:
    """Raises Flawed unless the certificate, signed by this root, does what the leaf is for under all these names."""
    certificate, _ = parsed(pem)
    if not _leads_to(pem.certificate, root):
        raise Flawed("is not signed by the authority that its users trust: its own ca.crt, or else the site's")
    _check_purposes(certificate, leaf)
    if leaf.calls and subject_of(certificate) != leaf.subject:
        raise Flawed(f"is for {subject_of(certificate)!r}: its common name must be {leaf.subject!r}")
    there = _names_of(certificate)
    if missing := sorted(each for each in names if each not in there and _wildcard(each) not in there):
        raise Flawed(f"lacks the names {', '.join(missing)}")


def parsed(pem: Pem) -> tuple[x509.Certificate, object]:
    """The first certificate and its key. Raises Flawed."""
    certificate = _certificate(pem.certificate)
    try:
        key = serialization.load_pem_private_key(pem.key, None)
    except (ValueError, TypeError):
        raise Flawed("holds no private key in PEM without a password") from None
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise Flawed("holds a key that does not belong to its certificate")
    return certificate, key


def subject_of(certificate: x509.Certificate) -> str:
    """Its common name."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _certificate(pem: bytes) -> x509.Certificate:
    return _certificates(pem)[0]


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise Flawed("holds no certificate in PEM") from None


def _leads_to(chain: bytes, roots: bytes) -> bool:
    """Whether the first certificate, by those behind it, comes from one of the roots."""
    last, *rest = _certificates(chain)
    for above in rest:
        last = above if _signed_by(last, above) else last
    return any(last == root or _signed_by(last, root) for root in _certificates(roots))


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _check_purposes(certificate: x509.Certificate, leaf: Leaf) -> None:
    try:
        allowed = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return
    needed = {"serve": leaf.serves, "call": leaf.calls}
    purposes = {"serve": ExtendedKeyUsageOID.SERVER_AUTH, "call": ExtendedKeyUsageOID.CLIENT_AUTH}
    if missing := [what for what, need in needed.items() if need and purposes[what] not in allowed]:
        raise Flawed(f"may not {' and '.join(missing)} by its extended key usage")


def _wildcard(name: str) -> str:
    return f"*.{name.partition('.')[2]}"


def _names_of(certificate: x509.Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))}
