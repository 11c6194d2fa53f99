"""A network namespace for the calling thread, and for what it starts from then on."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_CLONE_NEWNET = 0x40000000
_LIBRARY = ctypes.CDLL(None, use_errno=True)


@contextmanager
def own_network() -> Iterator[None]:
    """The thread is in a new, empty network namespace within; it goes with the last process in it."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _checked(_LIBRARY.unshare(_CLONE_NEWNET))
        yield
    finally:
        _checked(_LIBRARY.setns(before, _CLONE_NEWNET))
        os.close(before)


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
