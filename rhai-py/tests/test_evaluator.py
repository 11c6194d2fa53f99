"""The evaluator child: reused, bounded, kept from everything, and disposable; only the request at hand can fail."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rhai
from rhai import child as child_side
from rhai import evaluator as parent_side
from rhai.evaluator import Evaluator, EvaluatorFailed

TESTS = Path(__file__).parent
STANDARD = Path(os.__file__).parent
PATH = [str(TESTS), str(Path(rhai.__file__).parents[1]), str(STANDARD), str(STANDARD / "lib-dynload")]
ROOT = os.geteuid() == 0


@pytest.fixture
def evaluator() -> Iterator[Evaluator]:
    """An evaluator of `served.act`, with a short patience."""
    made = Evaluator("served:act", seconds=1.0, path=PATH)
    made.start()
    yield made
    made.close()


def act(evaluator: Evaluator, name: str, **fields: Any) -> Any:
    """What the child's function of this name found."""
    return evaluator.call({"act": name, **fields})["found"]


def test_one_child_answers_one_request_after_the_other(evaluator: Evaluator) -> None:
    answers = [evaluator.call({"act": "answer", "value": each}) for each in range(20)]
    assert [each["found"] for each in answers] == list(range(20))
    assert {each["pid"] for each in answers} == {evaluator.pid}
    assert evaluator.pid != os.getpid()


@pytest.mark.parametrize("value", ["é\n\r\u2028\0", {"a": [1, None, True]}, "x" * 3_000_000])
def test_any_value_comes_and_goes_on_one_line(evaluator: Evaluator, value: Any) -> None:
    assert act(evaluator, "answer", value=value) == value


FAILURES = {
    "took too long": ({"act": "sleep", "seconds": 60}, "took longer than 1 s"),
    "was killed": ({"act": "die"}, "crashed the evaluator"),
    "left": ({"act": "leave"}, "crashed the evaluator"),
    "raised": ({"act": "raise"}, "crashed the evaluator"),
    "took all memory": ({"act": "allocate"}, "crashed the evaluator"),
    "answered nonsense": ({"act": "forge", "bytes": "no json\n"}, "crashed the evaluator"),
    "answered no map": ({"act": "forge", "bytes": "[]\n"}, "crashed the evaluator"),
    "answered without end": ({"act": "forge", "bytes": "x" * 5_000_000}, "crashed the evaluator"),
    "answered too deep": ({"act": "forge", "bytes": "[" * 100_000 + "\n"}, "crashed the evaluator"),
    "answered half a line": ({"act": "forge", "bytes": '{"found": 1'}, "took longer than 1 s"),
}


@pytest.mark.parametrize(("request_", "says"), FAILURES.values(), ids=FAILURES.keys())
def test_a_request_that_ends_its_child_fails_alone(evaluator: Evaluator, request_: dict[str, Any], says: str) -> None:
    before = evaluator.call({"act": "answer", "value": 1})["pid"]
    began = time.monotonic()
    with pytest.raises(EvaluatorFailed, match=says):
        evaluator.call(request_)
    assert time.monotonic() - began < 3.0
    after = evaluator.call({"act": "answer", "value": 2})
    assert after["found"] == 2
    assert after["pid"] != before
    assert not Path(f"/proc/{before}").exists()


def test_after_a_failure_the_next_child_is_already_starting(evaluator: Evaluator) -> None:
    with pytest.raises(EvaluatorFailed):
        act(evaluator, "die")
    started = evaluator.pid
    assert started is not None
    assert evaluator.call({"act": "answer"})["pid"] == started


def test_the_time_that_a_child_takes_to_start_is_not_the_requests() -> None:
    slow = Evaluator("slow_start:act", seconds=0.3, path=[str(TESTS / "slow"), *PATH])
    try:
        began = time.monotonic()
        assert slow.call({"act": "answer", "value": 1})["found"] == 1
        assert time.monotonic() - began > 0.5
    finally:
        slow.close()


def test_a_child_that_does_not_start_is_said_so() -> None:
    broken = Evaluator("no_such_module:act", path=PATH)
    with pytest.raises(EvaluatorFailed, match="does not start"):
        broken.call({})
    broken.close()


def test_a_child_that_died_between_two_requests_is_replaced(evaluator: Evaluator) -> None:
    assert evaluator.pid is not None
    os.kill(evaluator.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert act(evaluator, "answer", value=1) == 1


def test_a_child_that_is_idle_for_long_goes_and_the_next_request_finds_another() -> None:
    evaluator = Evaluator("served:act", path=PATH, idle=1.5)
    try:
        first = evaluator.call({"act": "answer", "value": 1})["pid"]
        time.sleep(0.9)
        assert evaluator.call({"act": "answer", "value": 2})["pid"] == first
        time.sleep(0.9)
        assert evaluator.pid == first, "it is idle since its last request, not since its first"
        time.sleep(1.2)
        assert evaluator.pid is None
        assert not Path(f"/proc/{first}").exists()
        assert act(evaluator, "answer", value=3) == 3
    finally:
        evaluator.close()


def test_nothing_waits_for_an_idle_child_once_it_is_closed(evaluator: Evaluator) -> None:
    act(evaluator, "answer")
    evaluator.close()
    assert not any(isinstance(each, threading.Timer) and not each.finished.is_set() for each in threading.enumerate())


def test_a_child_that_stands_still_stops_no_large_request_for_ever(evaluator: Evaluator) -> None:
    act(evaluator, "answer")
    assert evaluator.pid is not None
    os.kill(evaluator.pid, signal.SIGSTOP)
    with pytest.raises(EvaluatorFailed, match="took longer"):
        act(evaluator, "answer", value="x" * 1_000_000)
    assert act(evaluator, "answer", value=1) == 1


def test_an_answer_that_nobody_waited_for_is_not_the_next_ones(evaluator: Evaluator) -> None:
    """As with Ctrl-C: the request is given up while the child works on."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            act(evaluator, "sleep", seconds=0.5)
    finally:
        signal.signal(signal.SIGALRM, before)
    time.sleep(0.5)
    assert act(evaluator, "answer", value="mine") == "mine"


def test_a_child_is_replaced_after_many_requests(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent_side, "REQUESTS_PER_CHILD", 3)
    pids = [evaluator.call({"act": "answer"})["pid"] for _ in range(7)]
    assert [len({*pids[:3]}), len({*pids[3:6]}), len({*pids})] == [1, 1, 3]


def test_a_child_is_replaced_before_the_kernel_ends_it_for_its_time(
    evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a request that has done nothing wrong would be the one that is killed."""
    monkeypatch.setattr(child_side, "CPU_SECONDS", 1)
    first = evaluator.call({"act": "sleep", "seconds": 0.3})["pid"]
    assert evaluator.call({"act": "sleep", "seconds": 0.3})["pid"] == first
    assert evaluator.call({"act": "answer"})["pid"] != first


def test_requests_of_several_threads_take_turns(evaluator: Evaluator) -> None:
    found: dict[int, Any] = {}

    def ask(number: int) -> None:
        found[number] = act(evaluator, "answer", value=number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: number for number in range(16)}


def test_what_the_function_prints_is_no_answer(evaluator: Evaluator) -> None:
    act(evaluator, "print")
    assert act(evaluator, "answer", value=1) == 1


def test_the_child_ends_with_its_parent(evaluator: Evaluator) -> None:
    pid = evaluator.call({"act": "answer"})["pid"]
    evaluator.close()
    assert evaluator.pid is None
    assert not Path(f"/proc/{pid}").exists()


def test_the_child_is_under_the_limits_of_the_kernel(evaluator: Evaluator) -> None:
    act(evaluator, "answer")
    lines = Path(f"/proc/{evaluator.pid}/limits").read_text().splitlines()[1:]
    limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
    for name, value in {
        "Max address space": child_side.ADDRESS_SPACE,
        "Max data size": child_side.WRITABLE_MEMORY,
        "Max cpu time": child_side.CPU_SECONDS,
        "Max file size": 0,
        "Max core file size": 0,
        "Max open files": 32,
    }.items():
        assert limits[name] == [str(value)] * 2, name


def test_the_child_inherits_nothing(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "token")
    with open(__file__) as ours:
        os.set_inheritable(ours.fileno(), True)
        evaluator.close()
        assert set(act(evaluator, "environment")) <= {"LC_CTYPE"}
        assert act(evaluator, "descriptors") == [0, 1, 2, 3], "standard three, and the answers"
    assert "token" not in Path(f"/proc/{evaluator.pid}/environ").read_text()
    assert os.readlink(f"/proc/{evaluator.pid}/cwd") == "/"
    assert evaluator.pid is not None
    assert os.getsid(evaluator.pid) == evaluator.pid


def cannot(evaluator: Evaluator, name: str, **fields: Any) -> None:
    """The child cannot do this: it raises, and so it ends."""
    with pytest.raises(EvaluatorFailed, match="crashed"):
        act(evaluator, name, **fields)


@pytest.mark.skipif(not child_side.landlock_version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("path", ["/etc/hostname", "/proc/self/environ", "/proc/1/environ", __file__])
def test_the_child_reads_no_file(evaluator: Evaluator, path: str) -> None:
    assert Path(path).exists()
    cannot(evaluator, "read", path=path)


@pytest.mark.skipif(not child_side.landlock_version(), reason="this kernel has no Landlock")
def test_the_child_lists_and_writes_nothing(evaluator: Evaluator, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    cannot(evaluator, "list", path="/")
    cannot(evaluator, "write", path=str(tmp_path / "file"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not (ROOT or child_side.landlock_version() >= 4), reason="neither root nor a new kernel")
def test_the_child_reaches_no_port(evaluator: Evaluator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        cannot(evaluator, "connect", port=server.getsockname()[1])


@pytest.mark.skipif(not (ROOT or child_side.landlock_version() >= 6), reason="neither root nor a new kernel")
def test_the_child_signals_nobody(evaluator: Evaluator) -> None:
    cannot(evaluator, "signal", pid=os.getpid())


@pytest.mark.skipif(not ROOT, reason="only root has privileges to give up")
def test_the_child_of_root_is_nobody_without_capabilities(evaluator: Evaluator) -> None:
    act(evaluator, "answer")
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{evaluator.pid}/status").read_text().splitlines())
    assert status["Uid"].split() == status["Gid"].split() == ["65534"] * 4
    assert status["Groups"].split() == []
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert os.readlink(f"/proc/{evaluator.pid}/ns/net") != os.readlink("/proc/self/ns/net")
