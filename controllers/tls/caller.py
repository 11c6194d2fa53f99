"""Who may call a server behind the gateway: the gateway alone, by the name in its client certificate.

The same authority signs the nodes' client certificates, so that a certificate of the site proves nothing yet.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from controllers.loop.metrics import Refuse
from controllers.tls.closing import ClosingPromptly

log = logging.getLogger(__name__)
GATEWAY = "gateway"
CALLER = "hardpan-caller"
SENDER = "x-hardpan-sender"
"""Header in which the gateway says from which address a request came."""


def admitting_only(name: str, refuse: Refuse) -> type[asyncio.Protocol]:
    """The protocol of connections whose client certificate must carry this name."""

    class Connection(_Connection):
        pass

    Connection.admitted, Connection.refuse = name, staticmethod(refuse)
    return Connection


class _Connection(ClosingPromptly):
    admitted: str
    refuse: Refuse

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        name = _name_in(transport.get_extra_info("ssl_object"))
        if name == self.admitted:
            self.app_state = {**self.app_state, CALLER: name}
        else:
            self.refuse("connection", "WrongCaller")
            log.warning("turned away %r: its certificate is not the %s's", name[:64], self.admitted)
            transport.abort()


def _name_in(connection: ssl.SSLObject | None) -> str:
    """The common name of the peer's certificate; none where there are several."""
    certificate: Mapping[str, Any] = (connection.getpeercert() if connection is not None else None) or {}
    parts = [pair for part in certificate.get("subject", ()) for pair in part]
    names = [str(value) for kind, value in parts if kind == "commonName"]
    return names[0] if len(names) == 1 else ""


def sender_of(request: Request) -> str:
    """From which address a request came: the gateway is believed for whom it speaks, whoever else speaks for itself."""
    peer = request.client.host if request.client else ""
    by_gateway = request.scope.get("state", {}).get(CALLER) == GATEWAY
    return request.headers.get(SENDER, "") if by_gateway or is_loopback(peer) else peer


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
