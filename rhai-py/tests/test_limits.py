"""Each limit by itself: what is just within it runs, and one more does not."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

import rhai

Run = Callable[..., rhai.Run]
TEXT = 'let t = ""; t.pad(n, "x"); '
CASES: dict[str, tuple[str, int, int]] = {
    # limit: a text with {n} in it, the value of the limit, the largest n that is within
    "text": ("{n}", 20, 20),
    "operations": ("let i = 0; while i < {n} {{ i += 1; }}", 1_000, 165),
    "calls": ("fn f(n) {{ if n > 1 {{ f(n - 1) }} }} f({n})", 10, 10),
    "string": ('let t = ""; t.pad({n}, "x");', 100, 100),
    "array": ("let a = []; a.pad({n}, 0);", 100, 100),
    "map": ("#{{ {n} }}", 100, 100),
    "variables": ("{n}", 10, 10),
    "functions": ("{n}", 5, 5),
    "arguments": ("give({n})", 4, 4),
    "depth": ("{n}", 16, 7),
}
WRITTEN: dict[str, Callable[[int], str]] = {
    "text": lambda n: "1;" + " " * (n - 2),
    "map": lambda n: ", ".join(f"k{i}: 1" for i in range(n)),
    "variables": lambda n: "".join(f"let a{i} = 1; " for i in range(n)),
    "functions": lambda n: "".join(f"fn f{i}() {{}} " for i in range(n)),
    "arguments": lambda n: ", ".join("1" for _ in range(n)),
    "depth": lambda n: "(" * n + "1" + ")" * n,
}
KINDS = {"string": "size", "array": "size", "map": "size"}


def text_of(limit: str, n: int) -> str:
    """The text of a case."""
    template, _, _ = CASES[limit]
    return template.format(n=WRITTEN.get(limit, str)(n))


@pytest.mark.parametrize("limit", CASES)
def test_a_limit_is_exact(run: Run, limit: str) -> None:
    _, bound, most = CASES[limit]
    run(text_of(limit, most), **{limit: bound})
    with pytest.raises(rhai.LimitExceeded) as caught:
        run(text_of(limit, most + 1), **{limit: bound})
    assert caught.value.kind == KINDS.get(limit, limit)


def test_every_limit_has_a_test() -> None:
    assert {each.name for each in fields(rhai.Limits)} == {*CASES, "seconds", "memory"}


@pytest.mark.parametrize("limit", [each.name for each in fields(rhai.Limits)])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_a_limit_that_is_none_is_refused(limit: str, value: Any) -> None:
    with pytest.raises(ValueError, match=limit):
        rhai.Limits(**{limit: value})


def test_operations_in_callbacks_count(run: Run) -> None:
    text = "let a = []; a.pad(10, 0); a.map(|x| {{ let i = 0; while i < {} {{ i += 1; }} i }}); 1"
    assert run(text.format(10), operations=2_000).operations > 400
    with pytest.raises(rhai.LimitExceeded) as caught:
        run(text.format(100), operations=2_000)
    assert caught.value.kind == "operations"


def test_the_same_script_takes_the_same_operations_everywhere(run: Run) -> None:
    text = "let a = [3, 1, 2]; a.sort(|x, y| x - y); for i in a { give(i); }"
    assert len({run(text).operations for _ in range(20)}) == 1


def test_memory_is_bounded_and_said(run: Run) -> None:
    text = 'let m = #{}; for i in 0..n { let t = `${i}`; t.pad(10000, "x"); m[`k${i}`] = t; } 1'
    assert 1_000_000 < run(text, {"n": 100}).peak_memory < 2_500_000
    with pytest.raises(rhai.LimitExceeded) as caught:
        run(text, {"n": 400}, memory=2_000_000)
    assert caught.value.kind == "memory"


def test_a_script_that_failed_leaves_its_memory(run: Run) -> None:
    text = "let m = #{}; let i = 0; loop { let t = `${i}`; t.pad(20000, 'x'); m[t] = i; i += 1; }"
    with pytest.raises(rhai.LimitExceeded):
        run(text, memory=4 << 20)
    before = resident()
    for _ in range(10):
        with pytest.raises(rhai.LimitExceeded):
            run(text, memory=4 << 20)
    assert resident() - before < 5


def resident() -> int:
    """The memory of this process, in MiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


@pytest.mark.parametrize(
    "text",
    ["loop { }", "loop { try { loop { } } catch { } }", 'let t = ""; t.pad(65536, "x"); loop { t.to_upper() }'],
)
def test_the_clock_ends_what_operations_do_not(run: Run, text: str) -> None:
    began = time.monotonic()
    with pytest.raises(rhai.LimitExceeded) as caught:
        run(text, operations=10**12, seconds=0.1)
    assert caught.value.kind == "time"
    assert 0.1 <= time.monotonic() - began < 3.0


def test_the_clock_ends_a_text_that_takes_long_to_read(run: Run) -> None:
    text = "let f = |" + ", ".join(f"a{i:x}" for i in range(9_000)) + "| 1;"
    with pytest.raises(rhai.LimitExceeded) as caught:
        run(text, seconds=0.05)
    assert (caught.value.kind, caught.value.line) == ("time", 1)
    assert caught.value.column < len(text) // 2


def test_reading_a_text_is_bounded_in_memory(run: Run) -> None:
    with pytest.raises(rhai.LimitExceeded) as caught:
        run("let a = [" + "1, " * 1_000 + "1];", memory=10_000)
    assert caught.value.kind == "memory"


def test_waiting_for_a_busy_machine_is_not_the_scripts_time() -> None:
    """A host function that sleeps takes no processor time, as another process on the same processor would not."""
    engine = rhai.Engine({"wait": (lambda: time.sleep(0.3), [0])}, rhai.Limits(seconds=0.1))
    assert engine.compile("wait(); 1").run({}).value == 1


def test_control_c_ends_a_script_and_stays_what_it_is() -> None:
    # Whoever starts the tests in the background has them ignore it.
    held = signal.signal(signal.SIGINT, signal.default_int_handler)
    script = rhai.Engine({}, rhai.Limits(operations=10**12, seconds=30.0)).compile("loop { }")
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            script.run({})
    finally:
        timer.join()
        signal.signal(signal.SIGINT, held)
    assert time.monotonic() - began < 2.0


def test_other_threads_go_on_while_a_script_runs() -> None:
    script = rhai.Engine({}, rhai.Limits(operations=10**12, seconds=0.3)).compile("loop { }")
    counted = [0]

    def count() -> None:
        with contextlib.suppress(rhai.LimitExceeded):
            script.run({})

    thread = threading.Thread(target=count)
    thread.start()
    while thread.is_alive():
        counted[0] += 1
    thread.join()
    assert counted[0] > 10_000


def test_a_small_stack_of_the_caller_is_enough() -> None:
    """What nests a thousand levels is read, run, compared, spelled and dropped on the engine's own stack."""
    text = "let a = []; for i in 0..1000 { a = [a]; } let b = a; [a == b, `${a}`.len()]"
    found: list[Any] = []
    size = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.append(rhai.Engine({}).compile(text).run({}).value))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    assert found == [[True, 2_002]]


def test_threads_share_an_engine() -> None:
    script = rhai.Engine({"give": (lambda value: value, [1])}).compile(
        "let s = 0; for i in 0..n { s += give(i); } s", ["n"]
    )
    found: list[int] = []
    threads = [threading.Thread(target=lambda n=n: found.append(script.run({"n": n}).value)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(n * (n - 1) // 2 for n in range(16))


def test_what_is_printed_is_bounded(run: Run) -> None:
    printed = run('for i in 0..2000 { print("0123456789012345678901234567890123456789012345678"); }').printed
    assert len(printed) == 65_536 // 50


def test_a_size_counts_what_is_inside(run: Run) -> None:
    run("let a = [[1, 2], [3]]; give(a)", array=5)
    with pytest.raises(rhai.LimitExceeded):
        run("let a = [[1, 2], [3, 4]]; give(a)", array=5)
