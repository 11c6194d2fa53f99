"""What strangers make our processes say: on one line, short, and seldom, whatever they write and however often.

A refusal quotes what was refused. So a name may carry terminal escapes, a field may be a megabyte long, and a forger
may come a thousand times a second; neither a terminal nor a disk is theirs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

LONGEST = 2_048
MOST = 30
SPAN_SECONDS = 60.0


def harmless(text: str, longest: int = LONGEST) -> str:
    """The text on one line of at most `longest` characters, with everything that is not printable as an escape."""
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text[: longest + 1]
    )
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


class Seldom(logging.Filter):
    """Lets `most` records of each line of code pass in a span of time; the first of the next says how many did not."""

    def __init__(
        self, most: int = MOST, seconds: float = SPAN_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._most, self._seconds, self._clock = most, seconds, clock
        self._spans: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        place, now = (record.pathname, record.lineno), self._clock()
        began, count = self._spans.get(place, (now, 0))
        if now - began < self._seconds:
            self._spans[place] = (began, count + 1)
            return count < self._most
        self._spans[place] = (now, 1)
        if count > self._most:
            record.msg, record.args = f"{record.getMessage()} ({count - self._most} like it were left out)", ()
        return True
