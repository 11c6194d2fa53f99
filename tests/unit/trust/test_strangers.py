"""Whatever strangers write and however often, what is shown of it is short, harmless and seldom."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from trust.strangers import Seldom, harmless


@given(text=st.text(), longest=st.integers(1, 200))
def test_no_text_drives_a_terminal_or_fills_a_line(text: str, longest: int) -> None:
    shown = harmless(text, longest)
    assert shown.isprintable()
    assert len(shown) <= longest


def test_what_people_write_stays_as_it_is() -> None:
    assert harmless("web-0: café 日本") == "web-0: café 日本"
    assert harmless("a\x1b[2J\nb\u202ec\r") == "a\\x1b[2J\\nb\\u202ec\\r"


def test_a_megabyte_is_cut() -> None:
    assert harmless("x" * 1_000_000, 10) == "xxxxxxxxx…"


class Time:
    """Seconds that a test sets."""

    now = 0.0


def record(line: int, text: str = "job %s refused") -> logging.LogRecord:
    return logging.LogRecord("test", logging.WARNING, "runner.py", line, text, ("job-1",), None)


def seldom() -> tuple[Time, Callable[[logging.LogRecord], bool]]:
    time = Time()
    return time, Seldom(most=2, seconds=60, clock=lambda: time.now).filter


def test_of_what_is_said_again_and_again_a_few_are_let_through() -> None:
    _, passes = seldom()
    assert [passes(record(7)) for _ in range(5)] == [True, True, False, False, False]
    assert passes(record(8)), "another line of code is not silenced by it"


def test_the_next_minute_tells_how_much_was_left_out() -> None:
    time, passes = seldom()
    for _ in range(5):
        passes(record(7))
    time.now = 60.0
    again = record(7)
    assert passes(again)
    assert again.getMessage() == "job job-1 refused (3 like it were left out)"
    assert [passes(record(7)) for _ in range(2)] == [True, False]


def test_what_comes_seldom_is_never_touched() -> None:
    time, passes = seldom()
    for minute in range(5):
        time.now = 60.0 * minute
        each = record(7)
        assert passes(each)
        assert each.getMessage() == "job job-1 refused"
