"""Values and texts as messages show them: short, printable, and with a word about what looks like something else."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

LONGEST_VALUE = 80


def spelled(value: Any) -> str:
    """A value as scripts write it, cut where it is long."""
    text = _spelled(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _spelled(value: Any) -> str:
    if value is None:
        return "()"
    if isinstance(value, list):
        return f"[{', '.join(_spelled(each) for each in value[:LONGEST_VALUE])}]"
    if isinstance(value, dict):
        pairs = list(value.items())[:LONGEST_VALUE]
        return f"#{{ {', '.join(f'{name}: {_spelled(each)}' for name, each in pairs)} }}"
    return json.dumps(value[:LONGEST_VALUE] if isinstance(value, str) else value, ensure_ascii=False)


def lookalike(value: Any) -> str:
    """A hint for a text with a character that no reader can tell from the one that was meant; else nothing."""
    foreign = next((each for each in value if not each.isascii()), None) if isinstance(value, str) else None
    if foreign is None:
        return ""
    return f" (in it, {foreign} is {unicodedata.name(foreign, f'U+{ord(foreign):04X}')})"


def printable(text: str, longest: int) -> str:
    """The text on one line of at most this length, without what a terminal would take for a command."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(each if each.isprintable() else " " if each.isspace() else "�" for each in cut)
