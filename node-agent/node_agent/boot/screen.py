"""The console: who this machine is, where it belongs, and what it waits for, on one screen."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from trust.strangers import harmless

WIDTH = 80
_LABEL = 16
_LONGEST = 400
_MOST_ADDRESSES = 6
CLEAR = "\x1b[H\x1b[2J"
_HIDE_CURSOR = "\x1b[?25l"


@dataclass(frozen=True)
class Screen:
    """What is shown. `sentence` says what is missing and what to do; `notes` are what was seen and not believed."""

    title: str
    node: str = ""
    addresses: tuple[str, ...] = ()
    control_plane: str = ""
    disk: str = ""
    keys: str = ""
    update: str = ""
    clock: str = ""
    state: str = ""
    reason: str = ""
    since: str = ""
    sentence: str = ""
    notes: tuple[str, ...] = ()


def render(screen: Screen) -> str:
    """The screen as text, at most 80 columns wide. Pure."""
    rows = [
        ("node", screen.node or "not yet known"),
        ("addresses", _addresses(screen.addresses)),
        ("control plane", screen.control_plane or "not yet known"),
        ("disk", screen.disk),
        ("keys", screen.keys),
        ("update", screen.update),
        ("clock", screen.clock),
        ("state", _state(screen)),
    ]
    lines = [screen.title, "", *(line for name, text in rows if text for line in _row(name, text))]
    lines += ["", *_wrapped(screen.sentence)] if screen.sentence else []
    lines += ["", *(line for note in screen.notes for line in _wrapped(f"ignored: {note}"))] if screen.notes else []
    return "\n".join(lines) + "\n"


def drawn(screen: Screen) -> bytes:
    """The bytes that put the screen on a terminal in place of what was there. Pure."""
    return (_HIDE_CURSOR + CLEAR + render(screen).replace("\n", "\r\n")).encode()


def _addresses(addresses: tuple[str, ...]) -> str:
    more = len(addresses) - _MOST_ADDRESSES
    shown = addresses if more <= 0 else (*addresses[:_MOST_ADDRESSES], f"and {more} more")
    return "  ".join(shown) or "none"


def _state(screen: Screen) -> str:
    why = f" ({screen.reason})" if screen.reason else ""
    return f"{screen.state} since {screen.since}{why}"


def _row(name: str, text: str) -> list[str]:
    indent = " " * (_LABEL + 2)
    return _wrapped(text, f"  {name:<{_LABEL}}", indent)


def _wrapped(text: str, first: str = "  ", rest: str = "  ") -> list[str]:
    return textwrap.wrap(
        harmless(text, _LONGEST), WIDTH - 1, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
