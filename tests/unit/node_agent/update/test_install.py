"""From an order to an image that the firmware starts once, and what is refused on the way."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from uuid import UUID

import pytest

from node_agent.errors import NodeError, Refused, TryAgain
from sal.efi_boot import VARIABLES, Place, load_option
from sal.errors import SalError
from tests.unit.node_agent.update.bench import IMAGE, PARTITION, Bench, order


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def refusal(bench: Bench, kind: type[NodeError] = Refused) -> NodeError:
    """Why the order is not followed; nothing of it stays, and the firmware was told nothing."""
    with pytest.raises(kind) as caught:
        bench.installer.install(order(), "0.1.0")
    assert bench.attempt is None
    assert bench.variable("BootNext") is None
    return caught.value


def test_an_image_is_written_beside_the_running_one_and_is_started_once(bench: Bench) -> None:
    bench.installer.install(order(), "0.1.0")
    assert bench.files == {"0.1.0.efi", "0.1.0.conf", "0.2.0.efi"}
    assert (bench.medium / "EFI/images/0.2.0.efi").read_bytes() == IMAGE
    assert bench.variable("BootNext") == struct.pack("<IH", 7, 0x4850)
    option = load_option("Hardpan 0.2.0", Place(1, 2048, 204_800, UUID(PARTITION)), "EFI/images/0.2.0.efi")
    assert bench.variable("Boot4850") == struct.pack("<I", 7) + option
    assert bench.attempt is not None
    assert bench.attempt.order == order()
    assert list(bench.shelf.folder.glob("image-*")) == []


def test_bytes_other_than_signed_for_are_never_written(bench: Bench) -> None:
    bench.served = b"another image"
    assert refusal(bench).reason == "WrongDigest"
    assert bench.files == {"0.1.0.efi", "0.1.0.conf"}
    assert list(bench.shelf.folder.glob("image-*")) == []


def test_what_the_medium_gives_back_is_compared_before_it_is_started(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node_agent.update.partition.Folder.digest", lambda *_: "0" * 64)
    assert refusal(bench).reason == "WrongDigest"


def test_a_server_that_is_away_is_tried_again(bench: Bench) -> None:
    bench.served = None
    assert refusal(bench, TryAgain).reason == "ImageUnreachable"


def test_a_machine_without_a_boot_partition_is_told_so(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "sys/class/block/vda/vda1/uevent").write_text("PARTNAME=hardpan-state\n")
    assert refusal(bench).reason == "NoSlots"


def test_two_boot_media_are_one_too_many(bench: Bench) -> None:
    bench.disk("vdb")
    assert "vda1 and vdb1" in refusal(bench).message


def test_a_medium_that_cannot_be_written_is_named(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "sys/class/block/vda/ro").write_text("1\n")
    assert refusal(bench).reason == "MediumReadOnly"


def test_a_medium_that_is_too_small_is_named_before_anything_is_fetched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node_agent.update.partition.Folder.free", lambda _: 1 << 20)
    assert refusal(bench).reason == "NoRoom"
    assert not any("fetch" in " ".join(each.argv) for each in bench.runner.commands)


def test_what_lies_on_the_medium_for_nothing_makes_room(bench: Bench) -> None:
    bench.put("0.0.9", b"older", entry=True)
    bench.put("0.1.5", b"fell back")
    bench.installer.install(order(), "0.1.0")
    assert bench.files == {"0.1.0.efi", "0.1.0.conf", "0.2.0.efi"}


def test_an_image_that_the_firmware_was_not_told_of_is_not_said_to_be_tried(bench: Bench, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / VARIABLES)
    with pytest.raises(SalError):
        bench.installer.install(order(), "0.1.0")
    assert bench.attempt is None


def test_a_load_option_is_as_firmware_reads_it() -> None:
    place = Place(1, 2048, 204_800, UUID("00112233-4455-6677-8899-aabbccddeeff"))
    option = load_option("x", place, "EFI/images/1.efi")
    name = "\\EFI\\images\\1.efi\0".encode("utf-16-le")
    assert option == (
        bytes.fromhex("01000000")
        + struct.pack("<H", 42 + 4 + len(name) + 4)
        + "x\0".encode("utf-16-le")
        + bytes.fromhex("04012a00 01000000 0008000000000000 0020030000000000")
        + bytes.fromhex("33221100554477668899aabbccddeeff 0202")
        + b"\x04\x04"
        + struct.pack("<H", 4 + len(name))
        + name
        + bytes.fromhex("7fff0400")
    )
