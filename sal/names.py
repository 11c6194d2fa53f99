"""Names on the host come from hashes; what is not such a name never becomes part of a path."""

from __future__ import annotations

import re
from pathlib import Path

from sal.errors import Refused

_HOST_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def host_name(name: str) -> str:
    """The name, or Refused."""
    if not _HOST_NAME.fullmatch(name) or ".." in name:
        raise Refused(f"{name!r} is no host name")
    return name


def below(folder: Path, name: str) -> Path:
    """A checked name's path in a folder."""
    return folder / host_name(name)


def sha256(text: str) -> str:
    """64 hexadecimal digits, or Refused."""
    if not _SHA256.fullmatch(text):
        raise Refused(f"{text!r} is no SHA-256")
    return text
