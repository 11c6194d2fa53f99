"""Tells a machine that was started again from a copy of it that runs at the same time. Pure.

A start has a number that only rises and a random name. A reboot has a higher number, and the start before it never
speaks again. So whoever signs as an earlier start, over a challenge that was asked for after a later one was heard,
is a second machine; and so are two names of one number. Only registrations prove it: nobody can repeat them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

NEVER = float("-inf")


@dataclass(frozen=True)
class Start:
    """A start of a node's programs; the name is empty as long as only reports told of it."""

    number: int
    instance: str = ""


@dataclass(frozen=True)
class Heard:
    """The latest start of a node, and since when it is known, by the clock that challenges are stamped with."""

    start: Start
    since: float = NEVER


@dataclass(frozen=True)
class Overtaken:
    """A later start spoke meanwhile: whoever still lives proves it with a new challenge."""

    by: Start


@dataclass(frozen=True)
class Cloned:
    """Two machines speak with one key."""

    starts: tuple[Start, Start]


def introduce(heard: Heard | None, start: Start, asked: float, now: float) -> Heard | Overtaken | Cloned:
    """What a registration says whose challenge was asked for at `asked`."""
    if heard is None or start.number > heard.start.number:
        return Heard(start, now)
    known = heard.start
    if start.number == known.number:
        if known.instance in ("", start.instance):
            return replace(heard, start=start)
        return Cloned((known, start))
    return Cloned((start, known)) if asked > heard.since else Overtaken(known)


def report(heard: Heard | None, number: int, now: float) -> Heard | Overtaken:
    """What a report of the start with this number says; it may be an old one that somebody repeats."""
    if heard is None or number > heard.start.number:
        return Heard(Start(number), now)
    return heard if number == heard.start.number else Overtaken(heard.start)
