"""`python -m node_agent.fetcher URL TARGET LIMIT USER`: fetches one image in a process and under a user of its own.

Whoever takes it over by what a server answers has no key, no disk and no root. Nothing it writes is believed before its
digest was compared. Exit codes as in sysexits.h: 65 never, 75 perhaps later; the reason is on stderr.
"""

from __future__ import annotations

import os
import ssl
import sys

from node_agent.privileges import become
from sal.errors import Busy, SalError
from sal.fetch import fetch

NEVER, LATER = 65, 75


def main(url: str, target: str, limit: int, user: int) -> int:
    """Writes the body of the URL into the target, which exists; returns the exit code."""
    descriptor = os.open(target, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    context = ssl.create_default_context()
    become(user)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in fetch(url, context):
                if file.tell() + len(chunk) > limit:
                    return _told(f"{url} is larger than {limit} bytes", NEVER)
                file.write(chunk)
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
