"""The keys of Secure Boot: made once, kept, and private; what is wrong with them is said."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from efi.boot_keys import NAMES, ensure_keys
from efi.enrolment import write_enrolment
from efi.errors import MediumWrong
from efi.signing import BootKey
from efi.unpacked import Unpacked
from sal.testing import FakeRunner


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of keys."""
    made = tmp_path_factory.mktemp("made") / "boot-keys"
    ensure_keys(made)
    return made


def test_each_key_fits_its_certificate_and_nobody_else_reads_it(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in NAMES:
        key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        assert key.public_key() == certificate.public_key()
        certificate.verify_directly_issued_by(certificate)
        assert stat.S_IMODE((folder / f"{name}.key").stat().st_mode) == 0o600


def test_keys_that_are_there_are_kept(folder: Path) -> None:
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    ensure_keys(folder)
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


def test_a_certificate_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "PK.pem").write_text("no certificate")
    keys = {"PK": BootKey(tmp_path / "PK.key", tmp_path / "PK.pem")}
    with pytest.raises(MediumWrong, match=r"PK\.pem is no certificate \(PEM\): restore it, or remove .*PK\.key too"):
        write_enrolment(Unpacked(tmp_path, FakeRunner()), keys, tmp_path / "enrol")
