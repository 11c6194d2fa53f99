"""`python -m node_agent.fetcher URL TARGET LIMIT USER`: fetches one image in a process and under a user of its own.

Whoever takes it over by what a server answers has no key, no disk and no root. Nothing it writes is believed before its
digest was compared.
"""

from __future__ import annotations

import os
import ssl
import sys

from node_agent.fetching_apart import exit_code
from node_agent.privileges import become
from sal.errors import Refused
from sal.fetch import fetch


def main(url: str, target: str, limit: int, user: int) -> int:
    """Writes the body of the URL into the target, which exists; returns the exit code."""
    descriptor = os.open(target, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    context = ssl.create_default_context()
    become(user)
    return exit_code(url, lambda: _store(url, descriptor, context, limit))


def _store(url: str, descriptor: int, context: ssl.SSLContext, limit: int) -> None:
    with os.fdopen(descriptor, "wb") as file:
        for chunk in fetch(url, context):
            if file.tell() + len(chunk) > limit:
                raise Refused(f"{url} is larger than {limit} bytes")
            file.write(chunk)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
