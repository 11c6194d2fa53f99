"""A TPM that a program stands in for: swtpm, spoken to over a socket as over the kernel's device."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sal.tpm.chip import PASSWORD, Command, Tpm, exchange
from sal.tpm.registers import IMAGE, SECURE_BOOT
from sal.tpm.wire import SHA256, u16, u32
from tests.system.requirements import need

_EXTEND, _CLEAR, _LOCKOUT = 0x182, 0x126, 0x4000_000A
PATIENCE_SECONDS = 10.0


class SoftTpm:
    """One chip. Its state is in a folder: switched off and on it is the same chip with its registers at zero."""

    def __init__(self, folder: Path) -> None:
        need("swtpm")
        self._folder = folder
        self.exchanged: list[tuple[bytes, bytes]] = []
        self.switch_on()

    def switch_on(self) -> None:
        """Starts it."""
        line = self._folder / "line"
        words = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._folder}"]
        words += ["--server", f"type=unixio,path={line}", "--flags", "not-need-init,startup-clear"]
        self._process = subprocess.Popen(words)
        self._socket = _connected(line)
        self.tpm = Tpm(self._exchange)

    def switch_off(self) -> None:
        """Ends it."""
        self._socket.close()
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)

    def restart(self) -> None:
        """Off and on."""
        self.switch_off()
        self.switch_on()

    @contextmanager
    def opened(self) -> Iterator[Tpm]:
        """The TPM, as `sal.tpm.chip.opened` gives it."""
        yield self.tpm

    def measure(self, register: int, what: bytes) -> None:
        """What firmware and stub do with everything that they start."""
        words = u32(1) + u16(SHA256) + hashlib.sha256(what).digest()
        self.tpm.call(Command(_EXTEND, words, on=register, session=PASSWORD))

    def clear(self) -> None:
        """What a firmware's setup does when it is told to clear the TPM."""
        self.tpm.call(Command(_CLEAR, on=_LOCKOUT, session=PASSWORD))

    def _exchange(self, words: bytes) -> bytes:
        answer = exchange(self._socket.fileno(), words, "swtpm")
        self.exchanged.append((words, answer))
        return answer


def start(chip: SoftTpm, image: bytes = b"image", checked: bytes = b"off") -> None:
    """What firmware and stub write down when a machine starts."""
    chip.measure(SECURE_BOOT, checked)
    chip.measure(IMAGE, image)


def _connected(line: Path) -> socket.socket:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(line))
            return made
        except OSError:
            made.close()
            assert time.monotonic() < deadline, "swtpm does not start"
            time.sleep(0.02)
