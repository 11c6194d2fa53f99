"""The seam between agent and executor on a real socket: who may speak, and what a break costs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from node_agent.agent.control import SocketExecutor, ask
from node_agent.errors import Refused, TryAgain
from node_agent.executor.server import ExecutorServer
from node_agent.messages import Done, Failed, Hello, Reply, Request, Stop
from tests.system.requirements import need

pytestmark = pytest.mark.system
AGENT, STRANGER = 65533, 65534
ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as asking:
    asking.connect(sys.argv[1])
    try:
        asking.sendall(b'{"type": "hello"}\\n')
        sys.exit(0 if asking.recv(1) else 9)
    except OSError:
        sys.exit(9)
"""


@contextmanager
def served(path: Path, user: int = 0) -> Iterator[None]:
    """An executor that answers everything with Done, and Hello with a refusal."""

    def respond(request: Request) -> Reply:
        if isinstance(request, Hello):
            return Failed(kind="refused", reason="Shy", message="not today")
        return Done()

    with ExecutorServer(path, respond, user) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def path() -> Iterator[Path]:
    """Where the socket is; every user may pass the folder."""
    with tempfile.TemporaryDirectory(prefix="hpn-") as made:
        os.chmod(made, 0o755)
        yield Path(made) / "executor.sock"


@pytest.fixture
def executor(path: Path) -> Iterator[SocketExecutor]:
    """The agent's end."""
    made = SocketExecutor(path)
    yield made
    made.close()


def test_requests_and_refusals_cross_the_socket(path: Path, executor: SocketExecutor) -> None:
    with served(path):
        assert ask(executor, Stop(job="a"), Done) == Done()
        with pytest.raises(Refused, match="not today"):
            ask(executor, Hello(), Done)


def test_an_executor_that_is_away_is_asked_again_when_it_is_back(path: Path, executor: SocketExecutor) -> None:
    with pytest.raises(TryAgain, match="does not answer"):
        ask(executor, Stop(job="a"), Done)
    with served(path):
        assert ask(executor, Stop(job="a"), Done) == Done()


def asks_as(user: int, path: Path) -> int:
    """How a process of this user fares: 0 answered, 9 hung up on, 1 not even connected."""
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    return subprocess.run([python, "-c", ASK, str(path)], user=user, capture_output=True, check=False).returncode


def test_only_root_and_the_agent_are_answered(path: Path) -> None:
    need("root")
    with served(path, AGENT):
        assert asks_as(AGENT, path) == 0
        assert asks_as(STRANGER, path) == 1
        os.chmod(path, 0o666)
        assert asks_as(STRANGER, path) == 9


def test_a_line_that_is_too_long_is_refused_once_and_the_rest_of_it_is_no_request(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node_agent.executor.server.LARGEST_LINE", 64)
    with served(path), socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(10.0)
        asking.connect(str(path))
        asking.sendall(b"x" * 64 + b'{"type": "stop", "job": "smuggled"}\n')
        answers = b""
        with suppress(ConnectionError):
            while data := asking.recv(4096):
                answers += data
    assert answers.count(b"\n") == 1
    assert b"BadRequest" in answers
