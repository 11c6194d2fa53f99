"""Connections of a server that ends: those on which nothing is asked are over soon.

asyncio waits half a minute for the other side's good-bye in TLS, which a client that keeps the connection for later
does not read. Meanwhile a controller that no longer listens would still lead.
"""

from __future__ import annotations

from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol


class ClosingPromptly(H11Protocol):
    """A connection that does not wait for ever for a good-bye; what was answered needs a moment to arrive."""

    goodbye_seconds: ClassVar[float] = 0.3

    def shutdown(self) -> None:
        """See H11Protocol: closes unless an answer is on its way."""
        super().shutdown()
        self._close_soon()

    def on_response_complete(self) -> None:
        """See H11Protocol: may close."""
        super().on_response_complete()
        self._close_soon()

    def timeout_keep_alive_handler(self) -> None:
        """See H11Protocol: nothing is on its way, and who only keeps a connection says no good-bye."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(ClosingPromptly.goodbye_seconds, self.transport.abort)

    def _close_soon(self) -> None:
        if self.transport.is_closing():
            self.loop.call_later(self.goodbye_seconds, self.transport.abort)
