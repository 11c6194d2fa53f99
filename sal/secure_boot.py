"""Whether the firmware checked the signature of what it started."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_VARIABLES = "sys/firmware/efi/efivars"
_GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
_ATTRIBUTE_BYTES = 4


def is_on(root: Path = Path("/")) -> bool:
    """Whether Secure Boot is on, and not only prepared (UEFI specification, section 3.3)."""
    return _is_set(root, "SecureBoot") and not _is_set(root, "SetupMode")


def _is_set(root: Path, name: str) -> bool:
    with suppress(OSError):
        return (root / _VARIABLES / f"{name}-{_GLOBAL}").read_bytes()[_ATTRIBUTE_BYTES:] == b"\1"
    return False
