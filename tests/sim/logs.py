"""What processes log as failures goes into the history: an error that nobody foresaw is a bug."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import greenlet

from controllers.loop.logs import brief
from jobs.errors import JobsError
from tests.sim.history import History
from tests.sim.loop import RUNNING


class _Listener(logging.Handler):
    def __init__(self, history: History) -> None:
        super().__init__(logging.ERROR)
        self._history = history

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler. A queue that is away is no surprise to a reconcile."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None or isinstance(error, JobsError):
            return
        thread = getattr(greenlet.getcurrent(), "thread", None)
        process = thread.process if thread is not None else RUNNING.get()
        self._history.note(process.name if process else "?", "error", f"{record.getMessage()}: {brief(error)}")


@contextmanager
def heard(history: History) -> Iterator[None]:
    """Within, errors are heard, and nothing is printed."""
    root, listener = logging.getLogger(), _Listener(history)
    kept = root.handlers[:]
    root.handlers[:] = [listener]
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = kept
        logging.disable(logging.NOTSET)
