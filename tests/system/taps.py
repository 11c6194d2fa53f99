"""Takes a tap as any program may try to: where udev runs, everybody may open the device."""

from __future__ import annotations

import fcntl
import os
import struct

TUNSETIFF = 0x400454CA
TAP_WITHOUT_HEADER = 0x1002


def take_tap(name: str) -> None:
    """Has this tap from now on, a new one when there is none of this name. Raises PermissionError."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH14x", name.encode(), TAP_WITHOUT_HEADER))
