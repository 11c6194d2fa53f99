"""What stands on a medium beside the image, and the bill of materials."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from efi.esp import Content
from efi.lock import PACKAGE, WHEEL, Item, Lock
from efi.netboot import script
from efi.release import Release
from efi.sbom import bill


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
    document = json.loads(bill(lock, Release("0.1.0", "cloud", lock.digest, lock.epoch), "c" * 64))
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
