"""What a program is handed that may open nothing by itself: files, a tap, a socket to listen on, opened by us."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from sal.errors import os_errors
from sal.tap import open_tap


class Handed:
    """Descriptors for one program, as a context: ours are closed at its end, when the program has its own."""

    def __init__(self) -> None:
        self._held: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._held:
            os.close(each)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(self._held)

    def file(self, path: Path, *, read_only: bool = False) -> int:
        """A file that is there. Raises SalError."""
        return self._open(path, os.O_RDONLY if read_only else os.O_RDWR)

    def log(self, path: Path) -> int:
        """A file to append to, made where it is missing. Raises SalError."""
        return self._open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def tap(self, name: str) -> int:
        """A tap that is there, in the network namespace of this thread. Raises SalError."""
        self._held.append(open_tap(name))
        return self._held[-1]

    def listening(self, path: Path) -> int:
        """A Unix socket on which only we can call, in place of one that was there. Raises SalError."""
        with os_errors(path), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
            path.unlink(missing_ok=True)
            made.bind(str(path))
            path.chmod(0o600)
            made.listen(1)
            self._held.append(made.detach())
        return self._held[-1]

    def _open(self, path: Path, flags: int) -> int:
        with os_errors(path):
            self._held.append(os.open(path, flags | os.O_CLOEXEC, 0o600))
        return self._held[-1]
