"""A watch whose connection is there but tells nothing is noticed by what lists show."""

from __future__ import annotations

from controllers.loop.silence import Silence


def test_two_lists_with_news_that_no_event_told_make_a_watch_silent() -> None:
    silence = Silence[str]()
    silence.listed("nodes", news=True)
    assert silence.silent == []
    silence.listed("nodes", news=True)
    assert silence.silent == ["nodes"]


def test_a_watch_that_was_heard_between_two_lists_is_not_silent() -> None:
    silence = Silence[str]()
    for _ in range(5):
        silence.heard("nodes")
        silence.listed("nodes", news=True)
    assert silence.silent == []


def test_a_watch_of_which_there_is_nothing_to_tell_is_not_silent() -> None:
    silence = Silence[str]()
    for _ in range(5):
        silence.listed("nodes", news=False)
    assert silence.silent == []


def test_a_silent_watch_that_speaks_again_is_forgiven() -> None:
    silence = Silence[str]()
    silence.listed("nodes", news=True)
    silence.listed("nodes", news=True)
    silence.heard("nodes")
    assert silence.silent == []


def test_a_list_right_after_an_event_does_not_count_against_the_watch() -> None:
    silence = Silence[str]()
    silence.heard("nodes")
    silence.listed("nodes", news=True)
    silence.listed("nodes", news=True)
    assert silence.silent == []
