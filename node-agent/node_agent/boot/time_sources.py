"""Asks what time it is: the time servers of the network, and the control plane over TLS.

The gateway's certificate must come from the pinned CA, but its dates do not count: whether they hold is what is asked.
Nothing is sent, and nothing but the answer's date is read.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from node_agent.boot.clock_rules import Hand, Reading
from sal import sntp
from sal.errors import SalError

SNTP_SECONDS, TLS_SECONDS = 1.5, 5.0
_MOST_SERVERS = 3
_NO_CHECK_OF_DATES = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL
_HALF_A_SECOND = 0.5


def ask(servers: Iterable[str], gateway: str, authority: Path) -> tuple[Reading, ...]:
    """What those say that answer in time; the first time server that does speaks for all of them."""
    return (*_network(list(servers)[:_MOST_SERVERS]), *_control_plane(gateway, authority))


def _network(servers: Iterable[str]) -> Iterator[Reading]:
    for server in servers:
        with suppress(SalError):
            yield Reading(Hand.NETWORK, sntp.ask(server, SNTP_SECONDS))
            return


def _control_plane(gateway: str, authority: Path) -> Iterator[Reading]:
    with suppress(OSError, ValueError, http.client.HTTPException):
        date = _date(gateway, authority)
        yield Reading(Hand.CONTROL_PLANE, parsedate_to_datetime(date).timestamp() + _HALF_A_SECOND - time.time())


def _date(gateway: str, authority: Path) -> str:
    parts, context = urlsplit(gateway), ssl.create_default_context(cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_OF_DATES)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=TLS_SECONDS, context=context)
    try:
        connection.request("HEAD", "/v1/trust")
        return connection.getresponse().headers["date"] or ""
    finally:
        connection.close()
