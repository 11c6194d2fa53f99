"""What a line of the log is about: deployment, job, node. Said where work on it begins, for all lines until its end.

It belongs to the task or thread that says it, so that workers side by side do not mix up whose work is whose.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

FIELDS = ("deployment", "machine", "volume", "supervisor", "node", "job", "attempt", "trace")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NOTHING)


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Lines that are logged within are about these, and about what was said around it."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


class About(logging.Filter):
    """Puts on each record what it is about; a record that says so itself keeps that."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter. Everything passes."""
        for name, value in _ABOUT.get().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


def fields_of(record: logging.LogRecord) -> dict[str, str]:
    """What a record is about."""
    return {name: str(getattr(record, name)) for name in FIELDS if hasattr(record, name)}
