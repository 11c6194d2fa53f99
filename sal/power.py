"""The last things that a machine does: unmount, and power off or start again. For pid 1 only."""

from __future__ import annotations

import ctypes
import os
from enum import IntEnum
from pathlib import Path

from sal.errors import os_errors

_LIBC = ctypes.CDLL(None, use_errno=True)
_KEYS_ASK_FIRST = 0


class Power(IntEnum):
    """What becomes of the machine; the numbers are those of reboot(2)."""

    OFF = 0x4321FEDC
    AGAIN = 0x01234567


def switch(power: Power) -> None:
    """Ends the machine at once: what is not on disk is lost."""
    os.sync()
    _reboot(power)


def let_keys_ask() -> None:
    """Control, Alt and Delete become a SIGINT to pid 1, instead of ending the machine at once."""
    _reboot(_KEYS_ASK_FIRST)


def unmount(target: Path) -> None:
    """Unmounts what nobody uses any more. Raises Busy otherwise."""
    with os_errors(target):
        _check(_LIBC.umount2(os.fsencode(target), 0))


def _reboot(command: int) -> None:
    with os_errors("reboot"):
        _check(_LIBC.reboot(ctypes.c_int(command & 0xFFFFFFFF)))


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
