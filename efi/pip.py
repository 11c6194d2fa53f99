"""Wheels through pip, in an environment of its own: of each distribution the one that the image's Python takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from efi.errors import LockOutdated
from efi.requirements import Requirement
from sal.command import Command, Runner
from sal.errors import CommandFailed

DOWNLOAD_SECONDS = 900.0
# The image's Python and C library, whatever runs this program: glibc 2.36, and older ones that it also takes.
TARGET = (
    "--python-version=3.11.2",
    "--implementation=cp",
    "--abi=cp311",
    "--abi=abi3",
    "--abi=none",
    "--platform=manylinux1_x86_64",
    "--platform=manylinux2010_x86_64",
    "--platform=manylinux2014_x86_64",
    *(f"--platform=manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
)


def download(runner: Runner, pip: Path, requirements: Sequence[Requirement], folder: Path) -> None:
    """Writes one wheel for each distribution into a folder; `pip` is where its environment is or will be.

    Raises LockOutdated when one is served no longer.
    """
    listed = folder / "requirements.txt"
    listed.write_text("".join(f"{each}\n" for each in requirements))
    options = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check")
    words = (str(_ensure(runner, pip)), "-m", "pip", "download", "--quiet", *options, *TARGET)
    command = (*words, "--requirement", str(listed), "--dest", str(folder))
    try:
        runner.run(Command(command, environment=os.environ, timeout_seconds=DOWNLOAD_SECONDS))
    except CommandFailed as error:
        if "No matching distribution" not in error.stderr:
            raise
        said = error.stderr.strip().splitlines()[-1].removeprefix("ERROR: ")
        remedy = "take what is served now: `make lock`, then `hardpan image lock`"
        raise LockOutdated(f"{said}; {remedy}") from None
    finally:
        listed.unlink()


def _ensure(runner: Runner, folder: Path) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        hint = "install python3-venv"
        runner.run(
            Command((f"{sys.base_prefix}/bin/python3", "-m", "venv", str(folder)), timeout_seconds=120, hint=hint)
        )
    return python
