"""Sends a TPM one command at a time and reads its answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sal.errors import SalError, UnexpectedOutput, os_errors
from sal.tpm.wire import Reader, sized, u16, u32

Exchange: TypeAlias = Callable[[bytes], bytes]
PASSWORD = 0x4000_0009
_WITHOUT_SESSIONS, _WITH_SESSIONS = 0x8001, 0x8002
_LARGEST_ANSWER = 4096
_HEADER_BYTES = 10
# Retry, yielded, testing: the TPM asks for the same command once more (part 2, section 6.6.3).
_ASK_AGAIN = frozenset({0x922, 0x908, 0x90A})
_TRIES, _PAUSE_SECONDS = 20, 0.1
_FLUSH_CONTEXT = 0x165
# The session outlives the command; it is ended like everything that was loaded.
_GOES_ON = b"\1"


class TpmRefused(SalError):
    """The TPM did not do it. `code` is why (part 2, section 6.6.3), without which parameter it is about."""

    def __init__(self, command: int, code: int) -> None:
        super().__init__(f"the TPM refuses command {command:#05x} with code {code:#05x}")
        self.code = code & 0xBF if code & 0x80 else code


@dataclass(frozen=True)
class Command:
    """A command. `on` is the object that it concerns, `session` what authorises it for that."""

    code: int
    parameters: bytes = b""
    on: int | None = None
    session: int | None = None

    @property
    def words(self) -> bytes:
        """As it is sent."""
        body = b"" if self.on is None else u32(self.on)
        if self.session is not None:
            proof = u32(self.session) + sized(b"") + _GOES_ON + sized(b"")
            body += u32(len(proof)) + proof
        body += self.parameters
        tag = _WITHOUT_SESSIONS if self.session is None else _WITH_SESSIONS
        return u16(tag) + u32(_HEADER_BYTES + len(body)) + u32(self.code) + body


class Tpm:
    """One TPM. What is loaded into it is taken out again: a chip has room for three objects."""

    def __init__(self, exchange: Exchange, pause: Callable[[float], None] = time.sleep) -> None:
        self._exchange, self._pause = exchange, pause

    def call(self, command: Command) -> Reader:
        """The parameters of the answer. Raises TpmRefused, UnexpectedOutput, SalError."""
        return _parameters(command, self._ask(command))

    @contextmanager
    def loaded(self, command: Command) -> Iterator[tuple[int, Reader]]:
        """What a command loads, for as long as it is needed: its handle and the parameters of the answer."""
        answer = self._ask(command)
        handle = answer.number(4)
        try:
            yield handle, _parameters(command, answer)
        finally:
            self.call(Command(_FLUSH_CONTEXT, u32(handle)))

    def _ask(self, command: Command) -> Reader:
        for _ in range(_TRIES):
            answer = Reader(self._exchange(command.words))
            answer.take(2)
            size, code = answer.number(4), answer.number(4)
            if code not in _ASK_AGAIN:
                break
            self._pause(_PAUSE_SECONDS)
        if code:
            raise TpmRefused(command.code, code)
        if size < _HEADER_BYTES:
            raise UnexpectedOutput("the TPM's answer is shorter than its head")
        return Reader(answer.take(size - _HEADER_BYTES))


def _parameters(command: Command, answer: Reader) -> Reader:
    return answer if command.session is None else Reader(answer.take(answer.number(4)))


@contextmanager
def opened(device: Path) -> Iterator[Tpm]:
    """The TPM behind this device. Raises NotFound when there is none."""
    with os_errors(device):
        descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        yield Tpm(lambda words: exchange(descriptor, words, device))
    finally:
        os.close(descriptor)


def exchange(descriptor: int, words: bytes, source: object) -> bytes:
    """One command and its answer, each in one piece. Raises SalError."""
    with os_errors(source):
        os.write(descriptor, words)
        return os.read(descriptor, _LARGEST_ANSWER)
