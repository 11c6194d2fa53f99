"""What is in an image, and what a TPM measures of it, from bytes that are made here."""

from __future__ import annotations

import hashlib

import pytest

from efi.errors import NotAnImage
from efi.inspect import inspect
from efi.lock import format_lock
from efi.measure import pcr_11
from efi.pe import Section, sections
from tests.unit.efi.programs import LOCK, PARTS, RELEASE, program


def test_the_sections_of_a_program_are_found_in_their_order() -> None:
    found = sections(program(PARTS))
    assert {each.name: each.content for each in found} == PARTS
    assert [each.address for each in found] == [4096, 8192, 12288, 16384, 20480, 24576]
    assert found[0].end == 8192


@pytest.mark.parametrize("data", [b"", b"MZ", b"#!/bin/sh\n" * 40, program(PARTS)[:-1], program(PARTS)[:100]])
def test_what_is_no_whole_program_is_refused(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        sections(data)


def test_pcr_11_is_what_systemd_measure_says() -> None:
    # Debian's systemd-measure 252.38 over four files with these contents: calculate --phase=: --bank=sha256
    contents = {".osrel": b"release", ".cmdline": b"line", ".initrd": b"init", ".linux": b"kernel", ".uname": b"6.1"}
    found = tuple(Section(name, 0, content) for name, content in contents.items())
    assert pcr_11(found) == "cd44410bcf06bfeb2f5aa4adcb539bd209e7b12b74c049d379e42703c8f14edf"


def test_an_image_tells_who_it_is() -> None:
    data = program(PARTS)
    found = inspect(data)
    assert found.release["PRETTY_NAME"] == "Hardpan 0.1.0 (cloud)"
    assert found.release["HARDPAN_BUILT"] == "1795678122"
    assert found.line == "console=ttyS0"
    parts = {"osrel": RELEASE.text(), "lock": format_lock(LOCK)}
    assert found.sizes == {"stub": 4, "cmdline": 13, "initrd": 9, "linux": 6, **{n: len(t) for n, t in parts.items()}}
    assert found.contents == LOCK.items
    assert found.digest == hashlib.sha256(data).hexdigest()
    assert not found.signed


def test_a_signature_is_seen() -> None:
    assert inspect(program(PARTS, (4096, 1500))).signed


def test_a_program_that_is_no_image_is_refused() -> None:
    with pytest.raises(NotAnImage, match="no unified kernel image"):
        inspect(program({".text": b"something else"}))
