"""What stands on a medium beside the image, and the bill of materials."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from efi.errors import MediumWrong
from efi.esp import Content
from efi.lock import PACKAGE, WHEEL, Item, Lock
from efi.netboot import script
from efi.sbom import Subject, bill
from efi.slots import mebibytes_of, slots_of
from efi.unpacked import Unpacked
from sal.command import SystemRunner
from tests.unit.efi.programs import program


def test_credentials_stand_where_the_stub_looks_for_them() -> None:
    content = Content(b"image", {"hardpan.gateway": b"https://cp.example:8443", "hardpan.label.rack": b"7"})
    assert content.files() == {
        "EFI/BOOT/BOOTX64.EFI": b"image",
        "EFI/BOOT/BOOTX64.EFI.extra.d/hardpan.gateway.cred": b"https://cp.example:8443",
        "EFI/BOOT/BOOTX64.EFI.extra.d/hardpan.label.rack.cred": b"7",
    }


def test_a_file_system_has_room_for_its_image() -> None:
    assert Content(b"", {}).mebibytes == 40
    assert Content(bytes(50 << 20), {}).mebibytes == 58


def test_the_bill_names_each_item_by_digest_and_says_what_only_makes_the_image() -> None:
    items = (Item(PACKAGE, "zstd", "1:1.5~4", "a" * 64), Item(WHEEL, "anyio", "4.16.0", "b" * 64))
    lock = Lock(datetime(2026, 11, 26, tzinfo=UTC), items)
    document = json.loads(bill(lock, Subject("operating-system", "hardpan-cloud", "0.1.0", "c" * 64, ("zstd",))))
    assert document["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": "c" * 64}]
    assert [(each["purl"], each["scope"]) for each in document["components"]] == [
        ("pkg:deb/debian/zstd@1%3A1.5~4?distro=bookworm", "excluded"),
        ("pkg:pypi/anyio@4.16.0", "required"),
    ]


def test_a_script_for_ipxe_repeats_the_whole_kernel_line() -> None:
    text = script("console=ttyS0 panic=10", ["hardpan.gateway=https://cp.example:8443", "hardpan.label.rack=7"])
    assert text.splitlines() == [
        "#!ipxe",
        "dhcp",
        "chain hardpan.efi console=ttyS0 panic=10 hardpan.gateway=https://cp.example:8443 hardpan.label.rack=7",
    ]


def test_a_stick_has_room_for_two_images_and_starts_what_has_an_entry(tmp_path: Path) -> None:
    loader = tmp_path / "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
    loader.parent.mkdir(parents=True)
    loader.write_bytes(b"loader")
    image = program({".osrel": b"ID=hardpan\nVERSION_ID=0.2.0\n"})
    content = Content(image, {"hardpan.gateway": b"https://cp.example:8443"})
    files = slots_of(Unpacked(tmp_path, SystemRunner()), content)
    assert files == {
        "EFI/BOOT/BOOTX64.EFI": b"loader",
        "EFI/images/0.2.0.efi": image,
        "loader/credentials/hardpan.gateway.cred": b"https://cp.example:8443",
        "loader/entries/0.2.0.conf": (
            b"title Hardpan 0.2.0\nsort-key hardpan\nversion 0.2.0\nefi /EFI/images/0.2.0.efi\n"
        ),
        "loader/loader.conf": b"timeout 0\neditor no\nauto-entries no\nauto-firmware no\n",
    }
    assert mebibytes_of(Content(bytes(50 << 20), {})) == 58 + 50 + 32


def test_a_program_that_is_no_image_of_ours_is_what_firmware_starts(tmp_path: Path) -> None:
    content = Content(program({".text": b"another loader"}), {})
    assert slots_of(Unpacked(tmp_path, SystemRunner()), content) == {"EFI/BOOT/BOOTX64.EFI": content.image}


def test_what_is_no_program_goes_on_no_stick(tmp_path: Path) -> None:
    with pytest.raises(MediumWrong, match="no EFI program"):
        slots_of(Unpacked(tmp_path, SystemRunner()), Content(b"image", {}))


def test_a_signed_image_without_its_key_has_no_loader_before_it(tmp_path: Path) -> None:
    content = Content(program({".osrel": b"VERSION_ID=0.2.0\n"}, certificates=(4096, 8)), {})
    assert slots_of(Unpacked(tmp_path, SystemRunner()), content) == {"EFI/BOOT/BOOTX64.EFI": content.image}
