"""The boot's own process: its output goes to a file, since the console is a screen and no log."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from node_agent.boot.acts import Acts
from node_agent.boot.node import NodeProcesses
from node_agent.boot.places import Places
from node_agent.boot.screen import Screen, drawn
from node_agent.boot.sequence import Boot
from node_agent.boot.terminals import Terminals
from node_agent.clock import render
from sal.command import SystemRunner
from sal.power_button import PowerButton


def main(places: Places) -> None:
    """Boots this machine and looks after it until SIGTERM."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    _redirect(places)
    terminals = Terminals(places.root)
    terminals.quiet()
    acts = Acts(places, SystemRunner(), NodeProcesses())
    try:
        Boot(places, acts, lambda screen: terminals.show(drawn(screen))).serve(stopping, _ends_by(PowerButton()))
    except Exception as error:
        terminals.show(drawn(_unforeseen(error)))
        raise


def _ends_by(button: PowerButton) -> Callable[[], None]:
    def look() -> None:
        if button.pressed():
            os.kill(os.getppid(), signal.SIGUSR2)

    return look


def _unforeseen(error: Exception) -> Screen:
    sentence = f"The boot met what nobody foresaw and begins again: {type(error).__name__}: {error}"
    return Screen("Hardpan", state="Starting", since=render(datetime.now(UTC)), sentence=sentence)


def _redirect(places: Places) -> None:
    places.run.mkdir(mode=0o711, parents=True, exist_ok=True)
    descriptor = os.open(places.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(descriptor, stream.fileno())
