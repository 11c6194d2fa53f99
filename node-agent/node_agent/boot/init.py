"""Pid 1: holds everything else, and ends the machine in order. It does so little that it cannot fail.

The boot itself is a child, since pid 1 takes in every orphan's end: it would take those that the boot waits for, and a
mistake in the boot would be a kernel panic. Whatever ends is reaped; a boot that ended is started again.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sal import power
from sal.errors import SalError
from sal.power import Power

# What busybox's poweroff, halt and reboot send, and what Control, Alt and Delete are.
ORDERS = {
    signal.SIGUSR1: Power.OFF,
    signal.SIGUSR2: Power.OFF,
    signal.SIGTERM: Power.AGAIN,
    signal.SIGINT: Power.AGAIN,
}
SIGNALS = frozenset({signal.SIGCHLD, *ORDERS})
AGAIN_SECONDS = 2.0
BOOT_GRACE_SECONDS = 50.0
OTHERS_GRACE_SECONDS = 5.0


@dataclass
class Init:
    """Runs `boot` in a child for good; `state` is unmounted before the end. `failed`: another image is to run."""

    boot: Callable[[], None]
    state: Path
    failed: Callable[[], bool] = lambda: False

    def serve(self) -> Power:
        """Returns when somebody wants the machine to end, or this image has failed; the boot has ended by then."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        child, due = self._start(), 0.0
        while True:
            number = _next_signal(AGAIN_SECONDS)
            if child in _ended():
                child, due = 0, time.monotonic() + AGAIN_SECONDS
            if number in ORDERS:
                _end(child)
                return ORDERS[signal.Signals(number)]
            if self.failed():
                _end(child)
                return Power.AGAIN
            if not child and time.monotonic() >= due:
                child = self._start()

    def _start(self) -> int:
        child = os.fork()
        if child:
            return child
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            os.setsid()
            self.boot()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def finish(self, wanted: Power) -> None:
        """Ends everybody else, puts the disk to rest and the machine out."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(-1, number)
            _wait_for_all(OTHERS_GRACE_SECONDS)
        with suppress(SalError):
            power.unmount(self.state)
        power.switch(wanted)


def _next_signal(seconds: float) -> int:
    arrived = signal.sigtimedwait(SIGNALS, seconds)
    return arrived.si_signo if arrived else 0


def _ended() -> frozenset[int]:
    return frozenset(_reaped())


def _reaped() -> Iterator[int]:
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG)[0]) > 0:
            yield found


def _end(child: int) -> None:
    """Asks the boot to end and waits; it ends agent and executor in turn."""
    if child:
        os.kill(child, signal.SIGTERM)
        deadline = time.monotonic() + BOOT_GRACE_SECONDS
        while child not in _ended() and time.monotonic() < deadline:
            _next_signal(0.2)


def _wait_for_all(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                _next_signal(0.1)
        except ChildProcessError:
            return
