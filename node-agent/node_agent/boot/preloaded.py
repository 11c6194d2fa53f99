"""Agent and executor as forks of a server that has imported both by the time that they are wanted.

On an emulated machine imports are most of the time from power-on to registered. The server is itself a fork of the
boot, so that nothing is imported twice; and it is made before the boot reads anything of the machine, so that the
agent, which talks to strangers, inherits no join token.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from node_agent.process import spawned
from node_agent.settings import NodeSettings
from sal.process import Process, child

_MODULES = ("node_agent.executor.process", "node_agent.agent.process")
_LONGEST = 4096


class Preloaded:
    """Starts processes of the node; where the server, `pid`, does not answer, they are started without it."""

    def __init__(self) -> None:
        """Forks the server, which imports from now on. To be called before all else."""
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self._line.close()
            _apart(lambda: _serve(theirs))
        theirs.close()

    def begin(self, name: str, settings: NodeSettings) -> Process:
        """Starts a process of the node. Raises CommandError."""
        words = (name, str(settings.paths.settings), str(settings.paths.log(name)))
        try:
            self._line.send(json.dumps(words).encode())
            answer = self._line.recv(_LONGEST)
        except OSError:
            answer = b""
        return child(int(answer)) if answer else spawned(name, settings)

    def close(self) -> None:
        """The server ends; what it started goes on."""
        self._line.close()


def _serve(line: socket.socket) -> int:
    for each in _MODULES:
        importlib.import_module(each)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while request := line.recv(_LONGEST):
        line.send(str(_forked(line, json.loads(request))).encode())
    return 0


def _forked(line: socket.socket, words: Sequence[str]) -> int:
    pid = os.fork()
    if pid == 0:
        line.close()
        _apart(lambda: _run(words))
    return pid


def _apart(work: Callable[[], int]) -> NoReturn:
    """Whatever becomes of a fork, it never goes on with what its parent does."""
    code = 1
    try:
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(words: Sequence[str]) -> int:
    name, settings, log = words
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    with open(log, "ab") as output, open(os.devnull, "rb") as nothing:
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source.fileno(), target)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    return int(importlib.import_module(f"node_agent.{name}.process").main(Path(settings)))
