"""Text for terminals: what came from elsewhere cannot move the cursor, recolour or hide anything. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime

COLUMNS = 100
SHOWN_DIGITS = 12


def visible(text: str) -> str:
    """The text with every character that a terminal would act on, or not show, spelled out. Line breaks stay."""
    return "".join(each if each == "\n" or each.isprintable() else _spelled(each) for each in text)


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode()


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Columns aligned with spaces; the last one goes on below itself where it would leave the page."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        head = indent + "".join(f"{cell:<{width}}  " for cell, width in zip(row[:-1], widths, strict=True))
        lines.append(wrapped(head + row[-1], len(head)) if row[-1] else head.rstrip())
    return "\n".join(lines)


def wrapped(line: str, hang: int = 2) -> str:
    """A line that goes on, `hang` columns in, below itself; a single longer word is left whole, to be copied."""
    if len(line) <= COLUMNS:
        return line.rstrip()
    hang = min(hang, COLUMNS // 2)
    wrapper = textwrap.TextWrapper(
        COLUMNS, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.fill(line)


def short(digest: str) -> str:
    """A digest or key id, cut so that a person can still tell it from others."""
    head, colon, rest = digest.partition(":")
    return f"{head}{colon}{rest[:SHOWN_DIGITS]}…" if colon and len(rest) > SHOWN_DIGITS else digest


def ago(text: str, now: datetime) -> str:
    """How long since a time of the API, as people say it."""
    try:
        seconds = int((now - datetime.fromisoformat(text)).total_seconds())
    except (ValueError, TypeError):
        return text
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{max(0, seconds)} s"


def counted(count: int, noun: str) -> str:
    """`1 change`, `2 changes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
