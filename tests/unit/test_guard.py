"""The guard of unit tests itself: what it stops, that nothing swallows it, and what it lets through."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from sal.command import Command, SystemRunner
from tests.guard import Guard, TouchedTheMachine

REACHES: dict[str, Callable[[], object]] = {
    "program": lambda: subprocess.run(["true"], check=False),
    "sal": lambda: SystemRunner().run(Command(("true",))),
    "shell": lambda: os.system("true"),  # noqa: S605
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "exec": lambda: os.execv("/nowhere", ["nowhere"]),
    "multiprocessing": lambda: multiprocessing.get_context("fork").Process(target=print).start(),
    "tcp": lambda: socket.create_connection(("127.0.0.1", 9)),
    "udp": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "name": lambda: socket.getaddrinfo("localhost", 80),
    "http": lambda: urllib.request.urlopen("http://127.0.0.1:9/"),
}


@pytest.mark.parametrize("name", REACHES)
def test_a_unit_test_cannot_reach_the_machine(guard: Guard, name: str) -> None:
    with pytest.raises(TouchedTheMachine):
        REACHES[name]()
    assert guard.attempts
    guard.attempts.clear()


@pytest.mark.parametrize("act", ["connect", "bind"])
def test_a_unix_socket_cannot_be_connected_or_bound(guard: Guard, tmp_path: Path, act: str) -> None:
    with socket.socket(socket.AF_UNIX) as half, pytest.raises(TouchedTheMachine):
        getattr(half, act)(str(tmp_path / "socket"))
    guard.attempts.clear()


def test_no_handler_of_errors_swallows_the_guard(guard: Guard) -> None:
    with pytest.raises(TouchedTheMachine):
        _swallowing(lambda: subprocess.run(["true"], check=False))
    guard.attempts.clear()


def _swallowing(act: Callable[[], object]) -> None:
    try:
        act()
    except Exception:
        return


def test_an_attempt_is_remembered_even_when_everything_is_swallowed(guard: Guard) -> None:
    with contextlib.suppress(BaseException):
        subprocess.run(["true"], check=False)
    assert guard.attempts == ["subprocess.Popen ('true',)"]
    guard.attempts.clear()


def test_an_event_loop_works(guard: Guard) -> None:
    async def nothing() -> str:
        await asyncio.sleep(0)
        return "done"

    assert asyncio.run(nothing()) == "done"
    assert guard.attempts == []
