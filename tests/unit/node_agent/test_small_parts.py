"""Locks, effects, status and the lines between agent and executor."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from node_agent import process
from node_agent.errors import TryAgain
from node_agent.executor.effects import EffectsFile
from node_agent.executor.locks import Locks
from node_agent.executor.server import answer
from node_agent.executor.store import Store
from node_agent.messages import Done, Failed, Hello, Reply, Request, Run
from node_agent.settings import NodeSettings
from node_agent.status import StatusBoard
from node_agent.testing import FakeClock
from sal.command import Process
from sal.errors import NoSpace


def test_a_lock_keeps_others_out_of_the_same_resource_only() -> None:
    locks = Locks()
    with locks.hold("a"), locks.attempt("a") as same, locks.attempt("b") as other:
        assert (same, other) == (False, True)
    with locks.attempt("a") as free:
        assert free


def test_locks_that_nobody_holds_take_no_memory() -> None:
    locks = Locks()
    for number in range(100):
        with locks.hold(number):
            pass
    assert locks._locks == {}


def test_a_waiter_gets_the_lock_when_it_is_free() -> None:
    locks, got = Locks(), threading.Event()

    def wait() -> None:
        with locks.hold("a"):
            got.set()

    with locks.hold("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not got.wait(0.05)
    thread.join(5)
    assert got.is_set()


def test_effects_are_lines_that_say_what_was_done_to_what(tmp_path: Path) -> None:
    log = EffectsFile(tmp_path / "effects.jsonl", "boot-1", FakeClock())
    log.note("machine.start", "machine/a/web-0", host="m-x", epoch=1)
    line = json.loads((tmp_path / "effects.jsonl").read_text())
    assert line["effect"] == "machine.start"
    assert (line["subject"], line["boot"], line["epoch"]) == ("machine/a/web-0", "boot-1", 1)


def test_what_was_done_on_a_full_disk_is_told_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, write = EffectsFile(tmp_path / "effects.jsonl", "boot-1", FakeClock()), os.write
    room = [20, 0]

    def full(descriptor: int, data: bytes) -> int:
        if not (left := room.pop(0)):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:left])

    monkeypatch.setattr(os, "write", full)
    log.note("machine.start", "machine/a/web-0")
    log.note("machine.start", "machine/a/web-1")
    monkeypatch.setattr(os, "write", write)
    log.note("machine.start", "machine/a/web-2")
    lines = [json.loads(line) for line in (tmp_path / "effects.jsonl").read_text().splitlines()]
    assert [each["subject"] for each in lines] == [f"machine/a/web-{number}" for number in range(3)]


def test_effects_are_bounded(tmp_path: Path) -> None:
    log = EffectsFile(tmp_path / "effects.jsonl", "boot-1", FakeClock(), largest=1000)
    for number in range(100):
        log.note("machine.start", f"machine/a/web-{number}")
    files = list(tmp_path.iterdir())
    assert len(files) == 2
    assert sum(each.stat().st_size for each in files) <= 2000
    assert "web-99" in (tmp_path / "effects.jsonl").read_text()


def test_a_console_that_takes_nothing_more_ends_nobodys_work(tmp_path: Path) -> None:
    def full(line: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    StatusBoard(tmp_path / "status.json", FakeClock(), full).say("queue", "Away", "Unavailable", "no answer")
    StatusBoard(tmp_path / "nowhere" / "status.json", FakeClock(), full).say("queue", "Connected")


def test_the_console_gets_one_line_per_change(tmp_path: Path) -> None:
    lines: list[str] = []
    board = StatusBoard(tmp_path / "status.json", FakeClock(), lines.append)
    for _ in range(3):
        board.say("queue", "Away", "Unavailable", "no answer\nat all")
    board.say("queue", "Connected")
    assert lines == [
        "2026-11-24T12:00:00Z queue Away Unavailable: no answer at all",
        "2026-11-24T12:00:00Z queue Connected",
    ]


def test_a_status_that_cannot_be_written_is_told_and_harms_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    StatusBoard(tmp_path / "missing" / "status.json", FakeClock(), lines.append).say("queue", "Connected")
    assert any("cannot write" in line for line in lines)


def never(request: Request) -> Reply:
    """A handler that must not be reached."""
    raise AssertionError(request)


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"type": "format-disk"}', b'{"type": "hello", "more": 1}', b"\xff\xfe"]
)
def test_a_line_that_is_no_request_is_refused_before_anybody_acts(line: bytes) -> None:
    reply = json.loads(answer(line, never))
    assert (reply["type"], reply["kind"], reply["reason"]) == ("failed", "refused", "BadRequest")


def test_bytes_pass_the_line_unchanged() -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Reply:
        seen.append(request)
        return Done()

    request = Run(job="a", attempt=1, envelope=bytes(range(256)), documents={"d": b"\x00\xff"})
    answer(request.model_dump_json().encode(), handle)
    assert seen == [request]


def test_each_reply_is_one_line() -> None:
    reply = Failed(kind="refused", reason="x", message="two\nlines")
    line = answer(Hello().model_dump_json().encode(), lambda _: reply)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_a_full_disk_is_told_with_the_remedy(tmp_path: Path) -> None:
    store = Store(tmp_path / "journal.sqlite")

    def fill() -> None:
        with store.transaction():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    with pytest.raises(TryAgain, match="free some") as caught:
        fill()
    assert caught.value.reason == "DiskFull"
    store.close()


def test_a_process_started_on_a_full_disk_is_noted_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, room = list[str](), list[bool]()

    def write(file: Path, data: bytes) -> None:
        if not room:
            raise NoSpace("the disk is full")
        file.write_bytes(data)

    class Running(Process):
        def alive(self) -> bool:
            return True

    monkeypatch.setattr(process, "spawn", lambda *words, **_: started.append("agent") or Running(7, 70))
    monkeypatch.setattr(process, "write_durably", write)
    (tmp_path / "run").mkdir()
    child = process.Child("agent", NodeSettings(medium=tmp_path, state=tmp_path), lambda line: None)
    child.look()
    child.look()
    room.append(True)
    child.look()
    assert started == ["agent"]
    assert (tmp_path / "run" / "agent.pid").read_text() == "7 70"
