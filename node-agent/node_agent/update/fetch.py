"""`python -m node_agent.update.fetch URL TARGET SIZE USER`: fetches a boot image in a process of its own.

What the target holds already is gone on from. Nothing that is written is believed before its digest was compared. Exit
codes as in sysexits.h: 65 never, 75 perhaps later; the reason is on stderr.
"""

from __future__ import annotations

import os
import sys

from node_agent.privileges import become
from sal.download import download
from sal.errors import Busy, SalError

NEVER, LATER = 65, 75


def main(url: str, target: str, size: int, user: int) -> int:
    """Writes the file into the target, which exists; returns the exit code."""
    descriptor = os.open(target, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    have = os.fstat(descriptor).st_size
    become(user)
    try:
        with os.fdopen(descriptor, "r+b") as file:
            for piece in download(url, have) if have < size else ():
                if piece.start + len(piece.data) > size:
                    return _told(f"{url} is larger than the {size} bytes that were signed for", NEVER)
                file.seek(piece.start)
                file.write(piece.data)
    except Busy as error:
        return _told(str(error), LATER)
    except SalError as error:
        return _told(str(error), NEVER)
    except OSError as error:
        return _told(f"{url} cannot be stored: {error.strerror}", LATER)
    return 0


def _told(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
