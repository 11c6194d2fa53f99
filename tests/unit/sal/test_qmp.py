"""What a QEMU says that its guest broke out of: an error that the driver knows, and soon."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sal.errors import Busy, UnexpectedOutput
from tests.fuzz.qmp import DONE, EVENT, GOOD, GREETING, Scripted, lines


def test_a_good_session_gives_its_answers() -> None:
    with Scripted(GOOD) as session:
        assert session.record("query-status")["status"] == "running"
        assert [each["node-name"] for each in session.records("query-named-block-nodes")] == ["disk"]


@pytest.mark.parametrize(
    "said",
    [
        b"[" * 50_000 + b"\n",
        b"5\n",
        b"[]\n",
        b'"QMP"\n',
        lines({"error": "only words"}),
        lines({"error": None}),
        lines({"return": []}),
        lines({"return": "running"}),
    ],
    ids=["deep", "number", "list", "text", "words", "nothing", "no record", "a word"],
)
def test_what_is_no_answer_is_unexpected(said: bytes) -> None:
    with pytest.raises(UnexpectedOutput), Scripted(lines(GREETING, DONE) + said) as session:
        session.record("query-status")


@pytest.mark.parametrize("said", [b"5\n", b"[[\n", b"null\n"])
def test_what_greets_otherwise_is_no_qemu(said: bytes) -> None:
    with pytest.raises(UnexpectedOutput), Scripted(said):
        pass


@pytest.fixture(autouse=True)
def hung_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test leaves a socket."""
    made: list[Scripted] = []
    begin = Scripted.__init__

    def remember(self: Scripted, said: bytes) -> None:
        begin(self, said)
        made.append(self)

    monkeypatch.setattr(Scripted, "__init__", remember)
    yield
    for each in made:
        each.hang_up()


class Chatty(Scripted):
    """It tells of events for ever and answers nothing."""

    def _connect(self, deadline: float) -> socket.socket:
        opened: Any = super()._connect(deadline)
        return Endless(opened)  # type: ignore[return-value]


class Endless:
    """A socket that has more to read whenever it is asked, after what it had at first."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened

    def recv(self, size: int) -> bytes:
        """See socket."""
        return self._opened.recv(size) or lines(EVENT)

    def sendall(self, data: bytes) -> None:
        """See socket."""

    def settimeout(self, seconds: float) -> None:
        """See socket."""

    def close(self) -> None:
        """See socket."""
        self._opened.close()


def test_no_answer_is_waited_for_longer_than_its_time_whatever_comes_before_it() -> None:
    began = time.monotonic()
    with pytest.raises(Busy), Chatty(lines(GREETING, DONE)) as session:
        session.execute("cont")
    assert time.monotonic() - began < 30
