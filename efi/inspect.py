"""Says what an image is and holds, by its bytes alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from efi.errors import NotAnImage
from efi.lock import Item, parse_lock
from efi.measure import pcr_11
from efi.pe import Section, is_signed, sections
from efi.release import parse_release
from efi.uki import CONTENTS

NEEDED = (".osrel", ".cmdline", ".initrd", ".linux")
NAMES = {CONTENTS: "lock"}


@dataclass(frozen=True)
class Inspected:
    """An image: os-release, kernel version and line, bytes by part, digest, PCR 11, whether it is signed, its contents.

    The contents are the packages and wheels that its lock names; the tools that made it are among them.
    """

    release: dict[str, str]
    kernel: str
    line: str
    sizes: dict[str, int]
    bytes: int
    digest: str
    pcr_11: str
    signed: bool
    contents: tuple[Item, ...]


def inspect(data: bytes) -> Inspected:
    """Reads an image. Raises NotAnImage."""
    found = sections(data)
    parts = {each.name: each.content for each in found}
    if not all(name in parts for name in NEEDED):
        raise NotAnImage("this EFI program is no unified kernel image")
    return Inspected(
        release=parse_release(_text(parts[".osrel"])),
        kernel=_text(parts.get(".uname", b"")),
        line=_text(parts[".cmdline"]),
        sizes=_sizes(found),
        bytes=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        pcr_11=pcr_11(found),
        signed=is_signed(data),
        contents=_contents(parts.get(CONTENTS)),
    )


def _contents(lock: bytes | None) -> tuple[Item, ...]:
    return () if lock is None else parse_lock(_text(lock), "the image's lock").items


def _sizes(found: tuple[Section, ...]) -> dict[str, int]:
    ours = (*NEEDED, ".uname", CONTENTS)
    named = {NAMES.get(each.name, each.name.strip(".")): len(each.content) for each in found if each.name in ours}
    return {"stub": sum(len(each.content) for each in found if each.name not in ours), **named}


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode(errors="replace")
