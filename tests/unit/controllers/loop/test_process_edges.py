"""Settings, logs, probes and credentials say what is wrong in one line, and let nobody drive a terminal."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path

import pytest

from controllers.loop import operation
from controllers.loop.access import login
from controllers.loop.answers import Expired, Unauthenticated, error_of
from controllers.loop.controller import Controller, Done, Outcome
from controllers.loop.errors import AlreadyExists, BadSettings, Conflict, KubeError, NotFound, Refused, Unavailable
from controllers.loop.logs import JsonLine, TextLine
from controllers.loop.metrics import Metrics
from controllers.loop.monitor import Lag, problems
from controllers.loop.objects import ObjectKey
from controllers.loop.queue import WorkQueue
from controllers.loop.settings import from_environment
from tests.unit.controllers.loop.kube_contract import WIDGET
from trust.strangers import harmless


def record(message: str, **extra: str) -> logging.LogRecord:
    made = logging.LogRecord("hardpan", logging.INFO, __file__, 1, message, (), None)
    made.created = 1795507200.0
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def test_settings_come_from_the_environment() -> None:
    found = from_environment(
        "coord", {"HARDPAN_MONITOR": "[::1]:9090", "HARDPAN_LOG": "json", "HARDPAN_NAMESPACE": "x"}
    )
    assert (found.monitor, found.log_form, found.namespace, found.log_level) == (("::1", 9090), "json", "x", "INFO")


def test_each_start_is_another_holder() -> None:
    assert from_environment("coord", {}).holder != from_environment("coord", {}).holder


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HARDPAN_MONITOR", "9090"),
        ("HARDPAN_MONITOR", "localhost:http"),
        ("HARDPAN_MONITOR", "localhost:70000"),
        ("HARDPAN_LOG", "xml"),
        ("HARDPAN_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_setting_without_meaning_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        from_environment("coord", {name: value})


def test_a_line_of_text_names_its_object_first() -> None:
    line = TextLine().format(record("placed", controller="supervisor", object="ns/web"))
    assert line == "2026-11-24T08:00:00.000Z INFO    hardpan: supervisor ns/web: placed"


def test_control_characters_of_strangers_are_shown_as_escapes() -> None:
    line = TextLine().format(record("refused \x1b[2J\nINFO forged \u202e"))
    assert "\n" not in line
    assert "\x1b" not in line
    assert r"\x1b[2J\nINFO forged \u202e" in line


def test_plain_words_of_any_language_stay() -> None:
    assert harmless("Größe 10 GiB – ok ✓") == "Größe 10 GiB – ok ✓"


def test_an_error_is_told_in_one_line_with_its_place() -> None:
    made = record("failed")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        made.exc_info = sys.exc_info()
    line = TextLine().format(made)
    assert "\n" not in line
    assert "ValueError: two" in line
    assert "in test_an_error_is_told_in_one_line_with_its_place" in line


def test_a_line_of_json_holds_the_whole_error() -> None:
    made = record("failed", object="ns/web")
    try:
        raise ValueError("why")
    except ValueError:
        made.exc_info = sys.exc_info()
    line = JsonLine().format(made)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["object"], told["level"], told["time"]) == ("ns/web", "INFO", "2026-11-24T08:00:00.000Z")
    assert "Traceback" in told["error"]


async def _done(_: ObjectKey) -> Outcome:
    return Done()


def test_a_key_that_waits_too_long_speaks_against_the_process() -> None:
    now = [0.0]
    controller = Controller("coord", (), _done, queue=WorkQueue(lambda: now[0]))
    controller.queue._since[ObjectKey("ns", "a")] = 0.0
    controller.queue._ready.append(ObjectKey("ns", "a"))
    assert problems([controller], lag=0.0) == []
    now[0] = 121.0
    assert problems([controller], lag=0.0) == ["coord: keys wait, and none was taken for 121 s"]


async def test_a_long_queue_that_moves_speaks_against_nobody() -> None:
    now = [0.0]
    controller = Controller("coord", (), _done, queue=WorkQueue(lambda: now[0]))
    for name in ("a", "b", "c"):
        controller.queue.add(ObjectKey("ns", name))
    now[0] = 200.0
    await controller.queue.take()
    assert problems([controller], lag=0.0) == []


def test_a_loop_that_stood_still_speaks_against_the_process() -> None:
    assert problems([], lag=6.0) == ["the event loop stood still for 6.0 s"]


def test_a_watch_that_tells_nothing_speaks_against_the_process() -> None:
    assert problems([], lag=0.0, silent=[WIDGET]) == [
        "the watch of widgets.test.hardpan.dev tells nothing of what lists show"
    ]


async def test_lag_is_the_worst_since_it_was_asked() -> None:
    lag = Lag()
    watching = asyncio.create_task(lag.watch(Metrics()))
    lag.seconds = 3.0
    await asyncio.sleep(0)
    assert (lag.take(), lag.take()) == (3.0, 0.0)
    watching.cancel()


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (400, {"message": "admission webhook denied the request: line 4"}, Refused),
        (401, {}, Unauthenticated),
        (403, {"message": "forbidden"}, Refused),
        (404, {"message": "not found"}, NotFound),
        (409, {"reason": "Conflict", "message": "modified"}, Conflict),
        (409, {"reason": "AlreadyExists"}, AlreadyExists),
        (409, {"reason": "Conflict", "details": {"causes": [{"reason": "FieldManagerConflict"}]}}, Refused),
        (410, {"reason": "Expired"}, Expired),
        (422, {"message": "spec.size: must be positive"}, Refused),
        (429, {"message": "storage is (re)initializing"}, Unavailable),
        (500, {}, Unavailable),
        (503, {}, Unavailable),
    ],
)
def test_each_answer_has_the_error_that_tells_what_to_do(
    status: int, answer: dict[str, object], expected: type[KubeError]
) -> None:
    error = error_of("changing widget w", status, json.dumps(answer).encode(), "3")
    assert type(error) is expected
    assert str(error).startswith("changing widget w: ")
    assert str(answer.get("message", "")) in str(error)


def test_an_answer_that_is_no_json_is_quoted_in_brief() -> None:
    error = error_of("reading w", 404, b"404 page not found\n" + b"x" * 5000)
    assert str(error).startswith("reading w: 404 page not found")
    assert len(str(error)) < 300


def test_the_server_says_when_to_come_again() -> None:
    error = error_of("reading w", 429, b"{}", "3")
    assert isinstance(error, Unavailable)
    assert error.retry_after == 3.0


def test_a_kubeconfig_that_cannot_be_read_is_a_setting_to_correct(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in ("", "current-context: x\ncontexts: []\n"):
        file = tmp_path / "kubeconfig"
        file.write_text(content)
        monkeypatch.setenv("KUBECONFIG", str(file))
        with pytest.raises(BadSettings, match="kubeconfig"):
            login()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    with pytest.raises(BadSettings, match="missing"):
        login()


def test_without_any_way_to_the_server_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BadSettings, match="set KUBECONFIG"):
        login()


def test_credentials_come_from_the_kubeconfig_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:6443"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(file))
    found = login()
    assert (found.server, found.as_http_headers()) == ("https://127.0.0.1:6443", {"Authorization": "Bearer t"})


async def test_a_part_that_swallows_a_cancellation_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a client does whose timeout runs out at the moment of the cancellation, after the process stood still."""
    monkeypatch.setattr(operation, "AGAIN_SECONDS", 0.01)
    swallowed = list[str]()

    async def part() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed.append("a cancellation")

    task = asyncio.create_task(part())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await operation._cancel_all(task)
    assert swallowed
    assert task.cancelled()
