"""What comes from elsewhere cannot act on a terminal, and lists fit a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.text import COLUMNS, ago, short, table, visible, wrapped

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@given(st.text())
def test_nothing_but_line_breaks_is_left_for_a_terminal_to_act_on(text: str) -> None:
    assert all(each == "\n" or each.isprintable() for each in visible(text))


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Z"))))
def test_what_can_be_shown_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("web\rsafe", "web\\rsafe"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eevil", "\\u202eevil"),
        ("a\u2028b", "a\\u2028b"),
        ("a\tb\x08\x7f", "a\\tb\\x08\\x7f"),
        ("\ud800", "\\ud800"),
    ],
)
def test_escapes_overrides_and_controls_are_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


words = st.text(alphabet="abcdefghij-…→", min_size=1, max_size=30)


@given(st.lists(st.tuples(words, words, st.lists(words, max_size=40).map(" ".join)), max_size=5))
def test_a_table_fits_the_page_and_loses_no_word(rows: list[tuple[str, str, str]]) -> None:
    shown = table(rows)
    assert all(len(line) <= COLUMNS for line in shown.splitlines())
    assert shown.split() == " ".join(" ".join(row) for row in rows).split()


def test_a_long_cell_goes_on_below_itself() -> None:
    first, second = table([("~ machine", "web-0", "word " * 20)]).splitlines()
    assert first.startswith("  ~ machine  web-0  word word")
    assert second.startswith(" " * 20 + "word")


def test_a_word_longer_than_the_page_stays_whole_to_be_copied() -> None:
    assert "x" * 150 in wrapped("run " + "x" * 150)


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (timedelta(seconds=14), "14 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=30), "30 h"),
        (timedelta(days=9), "9 d"),
        (-timedelta(seconds=5), "0 s"),
    ],
)
def test_times_are_said_as_people_say_them(since: timedelta, said: str) -> None:
    assert ago((NOW - since).strftime("%Y-%m-%dT%H:%M:%SZ"), NOW) == said


@pytest.mark.parametrize("damaged", ["", "yesterday", "2026-11-24T00:00:00"])
def test_a_time_that_is_none_is_shown_as_it_is(damaged: str) -> None:
    assert ago(damaged, NOW) == damaged


def test_a_digest_is_cut_and_a_short_text_is_not() -> None:
    assert short("sha256:" + "0123456789abcdef" * 4) == "sha256:0123456789ab…"
    assert short("web") == "web"
