"""One lock per resource: runners and the keeper never act on the same machine or volume at once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Locks:
    """Locks by key; a key that nobody holds or waits for takes no memory."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._users: dict[Hashable, int] = defaultdict(int)

    @contextmanager
    def hold(self, key: Hashable) -> Iterator[None]:
        """Waits for the key and holds it."""
        lock = self._enter(key)
        try:
            with lock:
                yield
        finally:
            self._leave(key)

    @contextmanager
    def attempt(self, key: Hashable) -> Iterator[bool]:
        """Holds the key if it is free; yields whether it is held now."""
        lock = self._enter(key)
        held = lock.acquire(blocking=False)
        try:
            yield held
        finally:
            if held:
                lock.release()
            self._leave(key)

    def _enter(self, key: Hashable) -> threading.Lock:
        with self._guard:
            self._users[key] += 1
            return self._locks.setdefault(key, threading.Lock())

    def _leave(self, key: Hashable) -> None:
        with self._guard:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._locks[key]
