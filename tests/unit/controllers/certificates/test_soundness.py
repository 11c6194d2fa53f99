"""A certificate that cannot do its work is told in words, and none that can is complained of."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from controllers.certificates.leaves import Leaf
from controllers.certificates.making import Authority, Pem, issue
from controllers.certificates.soundness import Flawed, authority_of, check_leaf, end_of
from tests.unit.controllers.certificates.site import NOW, authority

LEAF = Leaf("hardpan-ledger-tls", "hardpan-ledger", ("ledger.example", "192.0.2.1"))
CALLER = Leaf("hardpan-gateway-client-tls", "gateway", serves=False, calls=True)
SITE = authority("site")
ROOT = SITE.pem.certificate
MADE = issue(LEAF, SITE, NOW)
PEM = serialization.Encoding.PEM


def below(above: Authority) -> Authority:
    """An authority that another one signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "below")]))
        .issuer_name(above.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(above.key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    return Authority(Pem(made.public_bytes(PEM), key.private_bytes(PEM, form, serialization.NoEncryption())), made, key)


def test_what_was_issued_is_sound() -> None:
    check_leaf(MADE, LEAF, ROOT, LEAF.names)
    check_leaf(issue(CALLER, SITE, NOW), CALLER, ROOT, ())
    assert end_of(MADE) == NOW + timedelta(days=90)
    assert authority_of(SITE.pem).end == SITE.end


def test_a_chain_that_leads_to_the_root_is_sound_and_one_with_a_gap_is_not() -> None:
    middle = below(SITE)
    lower = issue(LEAF, middle, NOW)
    whole = dataclasses.replace(lower, certificate=lower.certificate + middle.pem.certificate)
    check_leaf(whole, LEAF, ROOT, LEAF.names)
    with pytest.raises(Flawed, match="not signed by the authority"):
        check_leaf(lower, LEAF, ROOT, LEAF.names)


def test_a_wildcard_covers_one_label() -> None:
    made = issue(dataclasses.replace(LEAF, names=("*.example",)), SITE, NOW)
    check_leaf(made, LEAF, ROOT, ["ledger.example"])
    with pytest.raises(Flawed, match=r"lacks the names a\.b\.example"):
        check_leaf(made, LEAF, ROOT, ["a.b.example"])


@pytest.mark.parametrize(
    ("pem", "leaf", "words"),
    [
        (Pem(b"", b""), LEAF, "holds no certificate in PEM"),
        (dataclasses.replace(MADE, key=b"none"), LEAF, "holds no private key in PEM"),
        (dataclasses.replace(MADE, key=SITE.pem.key), LEAF, "holds a key that does not belong to its certificate"),
        (issue(LEAF, authority("other"), NOW), LEAF, "is not signed by the authority that its users trust"),
        (issue(LEAF, SITE, NOW), dataclasses.replace(LEAF, calls=True), "may not call by its extended key usage"),
        (issue(CALLER, SITE, NOW), dataclasses.replace(CALLER, serves=True), "may not serve"),
        (issue(dataclasses.replace(CALLER, subject="n-a"), SITE, NOW), CALLER, "is for 'n-a': its common name must be"),
        (issue(dataclasses.replace(LEAF, names=()), SITE, NOW), LEAF, r"lacks the names 192\.0\.2\.1, ledger\.example"),
    ],
)
def test_a_flawed_certificate_is_told_by_its_flaw(pem: Pem, leaf: Leaf, words: str) -> None:
    with pytest.raises(Flawed, match=words):
        check_leaf(pem, leaf, ROOT, leaf.names)


def test_an_authority_that_cannot_sign_for_a_site_is_told_by_its_flaw() -> None:
    with pytest.raises(Flawed, match="may sign no other"):
        authority_of(MADE)
    with pytest.raises(Flawed, match="it takes one that is its own root"):
        authority_of(below(SITE).pem)
    with pytest.raises(Flawed, match="not of an elliptic curve"):
        authority_of(_with_rsa())


def _with_rsa() -> Pem:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rsa")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    return Pem(made.public_bytes(PEM), key.private_bytes(PEM, form, serialization.NoEncryption()))
