"""Asks the control plane as a node does, again and again, and says for how long nobody answered."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from node_agent.agent.gateway import HttpGateway
from node_agent.errors import NodeError

PAUSE_SECONDS = 0.1
NODE = "n-" + "a" * 26


class Asking:
    """For as long as the block lasts. The ledger answers, through the gateway."""

    def __init__(self, url: str, authority: Path) -> None:
        self._gateway, self._over = HttpGateway(url, authority), threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._answered = time.monotonic()
        self.silence_seconds, self.words = 0.0, ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._gateway.close()
        self._note()

    def _ask(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            try:
                self._gateway.challenge(NODE)
            except NodeError as error:
                self.words = f"{self.words}\n{error}"
                continue
            self._note()
            self._answered = time.monotonic()

    def _note(self) -> None:
        self.silence_seconds = max(self.silence_seconds, time.monotonic() - self._answered)
