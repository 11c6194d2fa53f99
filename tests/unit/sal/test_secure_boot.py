"""Secure Boot is on when firmware says so, and has left its setup."""

from __future__ import annotations

from pathlib import Path

import pytest

from sal.secure_boot import is_on

GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
# Four bytes of attributes stand before the value, as the kernel shows a variable.
ON, OFF = b"\6\0\0\0\1", b"\6\0\0\0\0"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SecureBoot": ON, "SetupMode": OFF}, True),
        ({"SecureBoot": OFF, "SetupMode": OFF}, False),
        ({"SecureBoot": ON, "SetupMode": ON}, False),
        ({"SecureBoot": b"\1"}, False),
        ({}, False),
    ],
)
def test_secure_boot_is_on_when_the_firmware_says_so(
    tmp_path: Path, variables: dict[str, bytes], expected: bool
) -> None:
    folder = tmp_path / "sys/firmware/efi/efivars"
    folder.mkdir(parents=True)
    for name, value in variables.items():
        (folder / f"{name}-{GUID}").write_bytes(value)
    assert is_on(tmp_path) is expected
