"""How a machine reaches an installation: by TLS with the authority that its medium pins, and without any rights."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from cli.errors import CliError
from cli.helm_test.settings import Server
from node_agent.agent.gateway import HttpGateway

SECONDS = 5.0
LONGEST = 256


class NotBelieved(CliError):
    """A server shows a certificate of another authority or name, or one that has ended."""


class Reach(Protocol):
    """What a stranger can do. Everything raises CliError when the server cannot be reached, or NotBelieved."""

    def certificate_end(self, server: Server) -> datetime:
        """When the certificate that it shows ends."""

    def answer(self, server: Server, request: bytes) -> bytes:
        """What it answers to one who shows no certificate; nothing when it hangs up."""

    def gateway(self, server: Server) -> HttpGateway:
        """It, as nodes speak to it."""


class RealReach:
    """Over the network."""

    def certificate_end(self, server: Server) -> datetime:
        """See Reach."""
        with _connected(server) as connection:
            shown = connection.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown).not_valid_after_utc

    def answer(self, server: Server, request: bytes) -> bytes:
        """See Reach."""
        with _connected(server) as connection:
            try:
                connection.sendall(request)
                return connection.recv(LONGEST)
            except OSError:
                return b""

    def gateway(self, server: Server) -> HttpGateway:
        """See Reach."""
        return HttpGateway(server.url, server.authority, _Named(server))


class _Named(httpx.HTTPTransport):
    """The name that nodes call the gateway by is its certificate's, though the test goes by its Service."""

    def __init__(self, server: Server) -> None:
        super().__init__(verify=_pinned(server))
        self._name = server.name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": self._name}
        return super().handle_request(request)


@contextmanager
def _connected(server: Server) -> Iterator[ssl.SSLSocket]:
    parts, context = urlsplit(server.url), _pinned(server)
    try:
        with (
            socket.create_connection((parts.hostname, parts.port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=server.name) as connection,
        ):
            yield connection
    except ssl.SSLCertVerificationError as error:
        raise NotBelieved(f"{server.url} shows a certificate that is not believed: {error.verify_message}") from None
    except OSError as error:
        raise CliError(f"{server.url} does not answer: {error.strerror or error}") from None


def _pinned(server: Server) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(server.authority))
    except OSError:
        raise NotBelieved(f"{server.url} has no authority yet: nothing is at {server.authority}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
