"""`python -m node_agent.update.fetch URL TARGET SIZE USER`: fetches a boot image in a process of its own.

What the target holds already is gone on from. Nothing that is written is believed before its digest was compared.
"""

from __future__ import annotations

import os
import sys

from node_agent.fetching_apart import exit_code
from node_agent.privileges import become
from sal.download import download
from sal.errors import Refused


def main(url: str, target: str, size: int, user: int) -> int:
    """Writes the file into the target, which exists; returns the exit code."""
    descriptor = os.open(target, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    become(user)
    return exit_code(url, lambda: _store(url, descriptor, size))


def _store(url: str, descriptor: int, size: int) -> None:
    have = os.fstat(descriptor).st_size
    with os.fdopen(descriptor, "r+b") as file:
        for piece in download(url, have) if have < size else ():
            if piece.start + len(piece.data) > size:
                raise Refused(f"{url} is larger than the {size} bytes that were signed for")
            file.seek(piece.start)
            file.write(piece.data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
