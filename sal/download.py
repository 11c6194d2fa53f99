"""Downloads a file whose digest is known: who serves it need not be trusted, so no certificate is asked for.

Goes on where an earlier try broke off, when the server can.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from sal.errors import Busy, Refused

CHUNK = 1 << 16
QUIET_SECONDS = 30.0
TOTAL_SECONDS = 3600.0
_PARTIAL, _RANGE_WRONG = 206, 416


@dataclass(frozen=True)
class Piece:
    """Bytes, and where in the file they begin."""

    start: int
    data: bytes


def download(url: str, have: int = 0, seconds: float = TOTAL_SECONDS) -> Iterator[Piece]:
    """The file from byte `have` on, or from its begin where the server gives no parts. Raises Refused or Busy."""
    deadline = time.monotonic() + seconds
    try:
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        with _opener().open(request, timeout=QUIET_SECONDS) as answer:
            start = have if answer.status == _PARTIAL else 0
            while data := answer.read(CHUNK):
                yield Piece(start, data)
                start += len(data)
                if time.monotonic() > deadline:
                    raise Busy(f"{url} takes too long: is the server overloaded?")
            if answer.length:
                raise Busy(f"{url} broke off {answer.length} bytes before its end")
    except urllib.error.HTTPError as error:
        if error.code == _RANGE_WRONG:
            raise Refused(f"{url} is not longer than {have} bytes") from None
        raise Busy(f"{url} answers {error.code}: is the image there?") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Busy(f"{url} cannot be fetched: {getattr(error, 'reason', '') or error}") from None


def _opener() -> urllib.request.OpenerDirector:
    """Two schemes, no proxies of the environment."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
