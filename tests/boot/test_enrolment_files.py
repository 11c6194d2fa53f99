"""The files that firmware is given are signed as the UEFI specification has it, which another program checks."""

from __future__ import annotations

import struct
import subprocess
import uuid
from contextlib import nullcontext
from pathlib import Path

import pytest

from cli.demo.tools import cache_folder
from efi.boot_keys import NAMES, ensure_keys
from efi.build import lock_file, prepare
from efi.enrolment import SIGNED_BY, write_enrolment
from efi.flavour import flavour
from efi.lock import read_lock
from efi.store import Store
from sal.command import SystemRunner
from tests.system.requirements import need

# UEFI 2.10: sections 3.3 (EFI_GLOBAL_VARIABLE), 32.6 (EFI_IMAGE_SECURITY_DATABASE), 8.2.2 (attributes and form).
GLOBAL, DATABASE = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c"), uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
OWNERS = {"PK": GLOBAL, "KEK": GLOBAL, "db": DATABASE}
REPLACING, ADDING = 0x27, 0x67
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of keys, with the files for firmware."""
    need("image", "openssl")
    store = Store(cache_folder() / "efi", SystemRunner())
    tools = prepare(read_lock(lock_file(flavour("cloud"))), store, lambda _: nullcontext())
    made = tmp_path_factory.mktemp("keys")
    write_enrolment(tools, ensure_keys(made), made / "enrol")
    return made


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("place", "attributes"), [("", REPLACING), ("keystore/{}", ADDING)])
def test_a_signed_list_is_the_list_signed_by_the_key_above_for_what_is_done_with_it(
    folder: Path, tmp_path: Path, name: str, place: str, attributes: int
) -> None:
    data = (folder / "enrol" / place.format(name) / f"{name}.auth").read_bytes()
    time, length = data[:16], struct.unpack_from("<I", data, 16)[0]
    listed = data[16 + length :]
    assert listed == (folder / "enrol" / f"{name}.esl").read_bytes()
    assert listed.endswith((folder / "enrol" / f"{name}.cer").read_bytes())
    signed = name.encode("utf-16-le") + OWNERS[name].bytes_le + struct.pack("<I", attributes) + time + listed
    (tmp_path / "content").write_bytes(signed)
    (tmp_path / "signature").write_bytes(_wrapped(0x30, SIGNED_DATA + _wrapped(0xA0, data[40 : 16 + length])))
    signer = folder / f"{SIGNED_BY[name]}.pem"
    words = ("-inform", "DER", "-in", "signature", "-content", "content", "-binary", "-out", "/dev/null")
    openssl = [
        "openssl",
        "smime",
        "-verify",
        *words,
        "-noverify",
        "-nointern",
        "-certfile",
        signer,
        "-out",
        "/dev/null",
    ]
    done = subprocess.run(openssl, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def _wrapped(tag: int, data: bytes) -> bytes:
    """In DER, with a length of two bytes."""
    return bytes((tag, 0x82)) + struct.pack(">H", len(data)) + data
