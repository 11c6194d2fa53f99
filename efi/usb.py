"""A stick: a partition table and one partition that firmware boots from, with room for the image's successor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from efi.esp import MIB, Content, format_esp
from efi.slots import NAME, mebibytes_of, slots_of
from efi.unpacked import Unpacked
from sal.filesystem import make_sparse

ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
_DISK = "48415244-5041-4E00-8000-000000000001"
_PARTITION = "48415244-5041-4E00-8000-000000000002"
_FIRST_SECTOR = 2048


def write_usb(unpacked: Unpacked, file: Path, content: Content) -> None:
    """Writes the stick's image, whole."""
    write_stick(unpacked, file, slots_of(unpacked, content), mebibytes_of(content), NAME)


def write_stick(unpacked: Unpacked, file: Path, files: Mapping[str, bytes], mebibytes: int, name: str) -> None:
    """Writes a stick with these files, whole; its partition has that name and size."""
    aside = file.with_name(f".new-{file.name}")
    make_sparse(aside, (mebibytes + 2) * MIB)
    table = "\n".join(
        (
            "label: gpt",
            f"label-id: {_DISK}",
            f"first-lba: {_FIRST_SECTOR}",
            f"start={_FIRST_SECTOR}, size={mebibytes * MIB // 512}, type={ESP_TYPE}, uuid={_PARTITION}, name={name}",
        )
    )
    unpacked.run("sfdisk", "--quiet", "--no-tell-kernel", "--no-reread", str(aside), input=table.encode() + b"\n")
    format_esp(unpacked, aside, files, mebibytes, _FIRST_SECTOR * 512)
    aside.rename(file)
