"""What the evaluator child of these tests does; it imports this module by name."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import rhai


def run(request: Mapping[str, Any]) -> dict[str, Any]:
    """Compiles and runs request["script"] under the default limits; says how it ended and how long it took."""
    began = time.monotonic()
    try:
        engine = rhai.Engine({"give": (_give, range(9)), "refuse": (_refuse, [1])})
        done = engine.compile(request["script"]).run({})
        ended, place = "ok", (len(done.printed), 0)
    except rhai.RhaiError as error:
        ended, place = f"{type(error).__name__} {error.kind}".strip(), (error.line, error.column)
    except RuntimeError:
        ended, place = "RuntimeError", (0, 0)
    return {"ended": ended, "place": place, "seconds": time.monotonic() - began, "pid": os.getpid()}


def _give(*values: Any) -> Any:
    return values[0] if values else None


def _refuse(text: str) -> NoReturn:
    raise RuntimeError(text)


def act(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a script that got hold of its process could do: one of the functions below, by name."""
    return {"pid": os.getpid(), "found": ACTS[request["act"]](request)}


def _forge(request: Mapping[str, Any]) -> None:
    os.write(1, request["bytes"].encode())
    time.sleep(9)


ACTS: dict[str, Any] = {
    "answer": lambda request: request.get("value"),
    "sleep": lambda request: time.sleep(request["seconds"]),
    "die": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "leave": lambda _: os._exit(0),
    "raise": lambda _: 1 / 0,
    "allocate": lambda _: len(bytearray(400 << 20)),
    "forge": _forge,
    "print": lambda _: print("not an answer", flush=True),
    "environment": lambda _: dict(os.environ),
    "read": lambda request: len(Path(request["path"]).read_bytes()),
    "write": lambda request: Path(request["path"]).write_text("x"),
    "list": lambda request: os.listdir(request["path"]),
    "connect": lambda request: socket.create_connection(("127.0.0.1", request["port"]), 1).close(),
    "signal": lambda request: os.kill(request["pid"], 0),
    "descriptors": lambda _: [each for each in range(64) if _open(each)],
}


def _open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
