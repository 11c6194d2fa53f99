"""A TPM for an emulated machine, which a program stands in for; what it holds outlives the machine's power."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.requirements import need

PATIENCE_SECONDS = 10.0


@contextmanager
def chip() -> Iterator[tuple[str, ...]]:
    """QEMU's options for a machine with this chip, at one power after the other."""
    need("swtpm")
    with tempfile.TemporaryDirectory(prefix="hpt-") as folder:
        line = Path(folder) / "line"
        words = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}", "--ctrl", f"type=unixio,path={line}"]
        with subprocess.Popen(words) as process:
            try:
                plugged = ("-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0")
                yield ("-chardev", f"socket,id=tpm,path={line}", *plugged)
            finally:
                process.terminate()
                process.wait(PATIENCE_SECONDS)
