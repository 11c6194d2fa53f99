"""A QEMU that takes a connection and says nothing costs no descriptor, however often it is asked."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from sal.errors import Busy
from sal.qmp import Qmp

pytestmark = pytest.mark.system


def test_a_monitor_that_never_greets_leaves_no_socket_open(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "qmp.sock"))
        server.listen()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            with pytest.raises(Busy):
                Qmp(tmp_path / "qmp.sock", timeout=0.05).__enter__()
        assert len(os.listdir("/proc/self/fd")) == before
