"""A machine's port as a descriptor: frames that are written come out of the tap (Linux, networking/tuntap)."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from pathlib import Path

from sal.errors import NotFound, SalError

DEVICE = Path("/dev/net/tun")
_TUNSETIFF = 0x400454CA
_TAP_WITHOUT_HEADER_OF_ITS_OWN = 0x0002 | 0x1000
_OFFLOADS = 0x4000


def open_tap(name: str) -> int:
    """Raises NotFound when there is no such link: asked for, the kernel would make one that nobody guards."""
    try:
        socket.if_nametoindex(name)
    except OSError:
        raise NotFound(f"there is no link {name}") from None
    try:
        descriptor = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SalError(f"{DEVICE}: {error.strerror}") from None
    try:
        request = struct.pack("16sH14x", name.encode(), _TAP_WITHOUT_HEADER_OF_ITS_OWN | _OFFLOADS)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
    except OSError as error:
        os.close(descriptor)
        raise SalError(f"tap {name}: {error.strerror}: does another program have it open?") from None
    return descriptor
