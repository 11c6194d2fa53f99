"""URLs that never become a connection."""

from __future__ import annotations

import ssl

import pytest

from sal.errors import Refused
from sal.fetch import fetch

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.mark.parametrize(
    "url",
    [
        "", "a.raw", "http://h/a.raw", "ftp://h/a", "file:///etc/passwd", "https:///a", "https://", "https://h:99999/",
        "https://h:x/", "https://[::1/a", "https://h/a b", "https://h/a\x00b", "https://h/ä", "//h/a",
    ],
)  # fmt: skip
def test_what_is_no_https_url_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="is no https URL"):
        list(fetch(url, CONTEXT, resolver=lambda host, port: ("192.0.2.1",)))


def test_a_host_that_the_resolver_refuses_is_not_asked() -> None:
    def refuses(host: str, port: int) -> tuple[str, ...]:
        raise Refused(f"{host}:{port}")

    with pytest.raises(Refused, match="h:8443"):
        list(fetch("https://user:password@h:8443/a", CONTEXT, resolver=refuses))
