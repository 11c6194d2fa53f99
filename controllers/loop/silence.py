"""Notices a watch that says nothing though things change: its connection is there, and nothing comes through it.

Lists tell what it should have told. Once may be chance (a change a moment before the list), so it takes two in a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

LISTS = 2
Kind = TypeVar("Kind", bound=Hashable)


class Silence(Generic[Kind]):
    """Counts, for each kind, lists with news since the watch was last heard."""

    def __init__(self) -> None:
        self._missed: Counter[Kind] = Counter()
        self._heard: set[Kind] = set()

    def heard(self, kind: Kind) -> None:
        """The watch said something."""
        self._heard.add(kind)
        self._missed.pop(kind, None)

    def listed(self, kind: Kind, news: bool) -> None:
        """A list came; `news`: it told what no event had."""
        if news and kind not in self._heard:
            self._missed[kind] += 1
        self._heard.discard(kind)

    @property
    def silent(self) -> list[Kind]:
        """The kinds whose watch does not speak."""
        return [kind for kind, lists in self._missed.items() if lists >= LISTS]
