"""Agent and executor from the server that imported both ahead.

The server is a program of its own that sees nothing of what the boot knows: so the agent, which talks to strangers,
inherits no join token.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from node_agent.process import spawned
from node_agent.settings import NodeSettings
from sal.process import Process, child


class Preloaded:
    """Starts processes of the node; where the server does not answer, they are started without it."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._begun: dict[str, BaseProcess] = {}

    def begin(self, name: str, settings: NodeSettings) -> Process:
        """Starts a process of the node. Raises CommandError."""
        words = (name, settings.paths.settings, settings.paths.log(name))
        made = self._context.Process(target=_run, args=words, name=name)
        try:
            made.start()
        except (OSError, EOFError):
            return spawned(name, settings)
        self._begun[name] = made
        return child(made.pid or 0)


def _run(name: str, settings: Path, log: Path) -> None:
    os.setsid()
    with log.open("ab") as output, open(os.devnull, "rb") as nothing:
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source.fileno(), target)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(importlib.import_module(f"node_agent.{name}.process").main(settings))
