"""A boot partition from which a node can be brought to another image: a loader, images beside each other, an entry.

A machine that tries a new image starts it without the loader, once; the loader starts what has an entry.
"""

from __future__ import annotations

from collections.abc import Mapping

from efi.errors import MediumWrong, NotAnImage
from efi.esp import MIB, Content
from efi.pe import is_signed, sections
from efi.release import parse_release
from efi.signing import sign
from efi.unpacked import Unpacked
from sal import boot_entries

NAME = "hardpan-boot"
LOADER = "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
_SPARE_MIB = 32


def slots_of(unpacked: Unpacked, content: Content) -> Mapping[str, bytes]:
    """All files by their paths.

    A program that is no image of ours stands alone, where firmware looks first; so does a signed one whose key is not
    at hand: firmware that checks it would not start a loader without a signature.
    """
    version = _version(content.image)
    if not version or (is_signed(content.image) and content.key is None):
        return content.files()
    loader = (unpacked.folder / LOADER).read_bytes()
    files = {f"{boot_entries.CREDENTIALS}/{name}.cred": value for name, value in sorted(content.credentials.items())}
    return {
        boot_entries.LOADER: sign(unpacked, loader, content.key) if content.key else loader,
        boot_entries.SETTINGS: boot_entries.SETTINGS_TEXT,
        boot_entries.entry_file(version): boot_entries.entry_text(version),
        boot_entries.image_file(version): content.image,
        **files,
    }


def mebibytes_of(content: Content) -> int:
    """The size of a file system for two such images, the second somewhat larger."""
    return content.mebibytes + -(-len(content.image) // MIB) + _SPARE_MIB


def _version(image: bytes) -> str:
    try:
        found = {each.name: each.content for each in sections(image)}
    except NotAnImage:
        raise MediumWrong("what is to stand on the medium is no EFI program: make the image anew") from None
    return parse_release(found.get(".osrel", b"").rstrip(b"\0").decode(errors="replace")).get("VERSION_ID", "")
