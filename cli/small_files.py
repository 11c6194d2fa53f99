"""Files that people name on the command line, read within bounds: a device or a huge file is an answer, not a hang."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cli.errors import Usage

LARGEST = 262_144
STDIN = Path("-")


def read_small(file: Path, option: str = "", largest: int = LARGEST) -> str:
    """A UTF-8 text file, or stdin for `-`; `option` is the one that named it. Raises Usage."""
    shown = f"{option} {file}".strip()
    try:
        if file == STDIN:
            data = sys.stdin.buffer.read(largest + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(largest + 1)
    except OSError as error:
        raise Usage(f"{shown}: {os.strerror(error.errno or 0)}") from None
    except ValueError:
        raise Usage(f"{shown!r} is no name of a file") from None
    if len(data) > largest:
        raise Usage(f"{shown} is larger than {largest >> 10} KiB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Usage(f"{shown} is not UTF-8 (byte {error.start}): save it as UTF-8") from None
