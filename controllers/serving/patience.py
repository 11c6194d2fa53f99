"""One client's connection: nobody holds it who says nothing, speaks slowly, or does not read the answer.

uvicorn bounds how long a connection may idle after an answer, and nothing else: not the handshake, not the head of a
request, not what drips in behind a refusal.
"""

from __future__ import annotations

import asyncio
from typing import Literal

import h11

from controllers.loop.metrics import Refuse
from controllers.tls.closing import ClosingPromptly

ANSWER_PATIENCES = 6
LARGEST_REST = 1 << 20
MOST_UNSENT = 16 << 10
Waiting = Literal["head", "answer", "idle"]


def patient(head_seconds: float, refuse: Refuse) -> type[asyncio.Protocol]:
    """The protocol of every connection of a server; `head_seconds` for a request to say what it wants."""

    class Connection(_Connection):
        pass

    Connection.refuse = staticmethod(refuse)
    Connection.seconds = {"head": head_seconds, "answer": ANSWER_PATIENCES * head_seconds}
    return Connection


class _Connection(ClosingPromptly):
    refuse: Refuse
    seconds: dict[str, float]
    # Nodes may be far, and a gateway that ends keeps nobody waiting.
    goodbye_seconds = 5.0

    _behind = 0
    _waiting: Waiting = "idle"
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=MOST_UNSENT)
        self._wait_for("head")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()
        self._behind = self._behind + len(data) if self._answered_early else 0
        if self._behind > LARGEST_REST:
            self.refuse("connection", "TooLarge")
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Nonsense behind an answer has none of its own: uvicorn would fail over it, with a traceback in the log."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for("idle")
        super().connection_lost(exc)

    @property
    def _answered_early(self) -> bool:
        """Whether what comes is the rest of a body that was refused; a little is read, so that the answer arrives."""
        return self.cycle is not None and self.cycle.response_complete and self.conn.their_state is h11.SEND_BODY

    def _look(self) -> None:
        """What is waited for now. Idle connections are uvicorn's to end: it has a timer then."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_for("answer")
        else:
            self._wait_for("head" if self.timeout_keep_alive_task is None else "idle")

    def _wait_for(self, what: Waiting) -> None:
        """Waiting goes on where it began: a byte now and then wins no time."""
        if what == self._waiting:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._waiting = what
        self._timer = None if what == "idle" else self.loop.call_later(self.seconds[what], self._too_slow)

    def _too_slow(self) -> None:
        self.refuse("connection", "TooSlow")
        self.transport.abort()
