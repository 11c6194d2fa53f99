"""Answers of a QEMU that its guest may have broken out of: an answer, or an error that the driver knows."""

from __future__ import annotations

import socket
from pathlib import Path

from hypothesis import strategies as st

from sal.errors import SalError
from sal.qmp import Qmp
from tests.fuzz.mutate import altered, damaged, spelled, values
from tests.fuzz.target import Target

GREETING = {"QMP": {"version": {"qemu": {"micro": 2, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}
DONE = {"return": {}}
STATUS = {"return": {"status": "running", "singlestep": False, "running": True}}
NODES = {"return": [{"drv": "raw", "file": "/a.raw", "node-name": "disk", "ro": False}]}
EVENT = {"event": "SHUTDOWN", "data": {"guest": True}, "timestamp": {"seconds": 1, "microseconds": 2}}
ERROR = {"error": {"class": "GenericError", "desc": "Parameter 'x' is unexpected"}}


class Scripted(Qmp):
    """A session with a QEMU that says these bytes, whatever it is asked, and goes."""

    def __init__(self, said: bytes) -> None:
        super().__init__(Path("qmp.sock"), timeout=0.5)
        self._said = said
        self._ours, self._theirs = socket.socketpair()

    def _connect(self, deadline: float) -> socket.socket:
        self._theirs.sendall(self._said)
        self._theirs.shutdown(socket.SHUT_WR)
        return self._ours

    def hang_up(self) -> None:
        """Both ends are closed."""
        self._ours.close()
        self._theirs.close()


def check(said: bytes) -> None:
    """A whole session over what QEMU said."""
    scripted = Scripted(said)
    try:
        with scripted as session:
            status = session.record("query-status")
            nodes = session.records("query-named-block-nodes")
    except SalError as error:
        assert said != GOOD, error
        assert len(str(error)) < 2_000
        return
    finally:
        scripted.hang_up()
    assert isinstance(status, dict)
    assert all(isinstance(each, dict) for each in nodes)


def lines(*answers: object) -> bytes:
    """What QEMU says, a line each."""
    return b"".join(spelled(each) + b"\n" for each in answers)


GOOD = lines(GREETING, DONE, EVENT, STATUS, NODES)
answers = st.one_of(st.sampled_from([GREETING, DONE, STATUS, NODES, EVENT, ERROR]).flatmap(altered), values)
TARGET = Target(
    "qmp",
    st.one_of(
        st.just(GOOD),
        damaged(GOOD),
        st.lists(answers, max_size=6).map(lambda some: lines(GREETING, DONE, *some)),
        st.lists(answers, max_size=6).map(lambda some: lines(*some)),
        st.integers(1, 60_000).map(lambda depth: lines(GREETING, DONE) + b"[" * depth + b"\n"),
        st.binary(max_size=200).map(lambda some: lines(GREETING) + some),
    ),
    check,
)
