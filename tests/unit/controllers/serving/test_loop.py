"""Every TLS connection of a controller has small buffers, also those that it opens before it serves anything."""

from __future__ import annotations

from asyncio import sslproto

import pytest

from controllers.serving.loop import BUFFER, ServingLoop


def test_connections_that_a_controller_opens_have_small_buffers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sslproto.SSLProtocol, "max_size", sslproto.SSLProtocol.max_size)
    ServingLoop().close()
    assert sslproto.SSLProtocol.max_size == BUFFER
