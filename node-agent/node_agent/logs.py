"""Logging of the node's two processes: no word of a stranger drives the console, and no stranger fills the log."""

from __future__ import annotations

import logging
import sys

from jobs.about import About, fields_of
from trust.strangers import Seldom, harmless


def setup() -> None:
    """Warnings and what is worse go to standard error, which is the process's log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    handler.addFilter(About())
    handler.addFilter(Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.ERROR)


class Lines(logging.Formatter):
    """One line a record, and below it the lines of its traceback, each made harmless."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        about = ", ".join(f"{name} {value}" for name, value in fields_of(record).items())
        head = harmless(f"{record.levelname} {record.name} {record.getMessage()}" + (f" ({about})" if about else ""))
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return "\n".join([head, *(f"  {harmless(line)}" for line in trace)])
