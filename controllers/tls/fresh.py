"""Something made of files that is made anew when they change: certificates are renewed under our feet.

Kubelet exchanges the files of a Secret by a symbolic link, so that a look may fall between two of them: what does not
fit together then is tried again at the next look, and what was good before stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
Made = TypeVar("Made")
Mark = tuple[tuple[int, int, int] | None, ...]


class Fresh(Generic[Made]):
    """The newest that could be made."""

    def __init__(self, files: Iterable[Path], make: Callable[[], Made]) -> None:
        """Raises what `make` raises: without a first one there is nothing to go on with."""
        self._files, self._make = tuple(files), make
        self._mark = self._refused = self._look()
        self._made = make()

    def current(self) -> Made:
        """What the files give now, or what they gave before when they cannot be used; the log tells then, once."""
        mark = self._look()
        if mark != self._mark:
            self._take(mark)
        return self._made

    def _take(self, mark: Mark) -> None:
        try:
            self._made = self._make()
        except (OSError, ValueError) as error:
            if mark != self._refused:
                names = ", ".join(map(str, self._files))
                log.error("%s cannot be used (%s): what was there before is used on", names, error)
            self._refused = mark
        else:
            log.info("%s changed and counts from now on", self._files[0])
            self._mark = self._refused = mark

    def _look(self) -> Mark:
        return tuple(_mark(file) for file in self._files)


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        seen = file.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_mtime_ns, seen.st_size
