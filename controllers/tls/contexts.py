"""How our servers and our client speak TLS: 1.3 and nothing older, by files that are renewed while they run."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from controllers.loop.errors import BadSettings
from controllers.tls.fresh import Fresh


@dataclass(frozen=True)
class Files:
    """A certificate, its key, and the authority of whoever is at the other end; a server may take everybody (None)."""

    certificate: Path
    key: Path
    authority: Path | None = None

    def all(self) -> tuple[Path, ...]:
        """Every file that is read."""
        return (self.certificate, self.key, *([self.authority] if self.authority else []))


def serving(files: Files) -> ssl.SSLContext:
    """A server's context. Each handshake is done with the files as they are at that moment; connections go on.

    Raises:
        BadSettings: they cannot be used.
    """
    with usable(files):
        first, fresh = _server(files), Fresh(files.all(), lambda: _server(files))

    def choose(connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        connection.context = fresh.current()

    first.sni_callback = choose
    return first


def calling(files: Files) -> ssl.SSLContext:
    """A client's context: it trusts this authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cafile=files.authority)
    context.load_cert_chain(files.certificate, files.key)
    return context


@contextmanager
def usable(files: Files) -> Iterator[None]:
    """Inside, files that cannot be used come out as BadSettings."""
    try:
        yield
    except (OSError, ValueError) as error:
        names = ", ".join(map(str, files.all()))
        raise BadSettings(f"{names} cannot be used together: {error}") from None


def _server(files: Files) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(files.certificate, files.key)
    if files.authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cafile=files.authority)
        # By a ticket a client would come back without showing its certificate again.
        context.num_tickets = 0
    return context


def seconds_left(certificate: Path) -> float:
    """Until the certificate in a file ends; not a number when there is none, so that an alarm on it goes off."""
    # Only who is asked for figures pays for it.
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return float("nan")
    return (found.not_valid_after_utc - datetime.now(UTC)).total_seconds()
