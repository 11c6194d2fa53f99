"""Logging of every process: one line an event, as text or JSON, in which no stranger's word can drive a terminal."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Literal

from jobs.about import About, fields_of
from trust.strangers import LONGEST, Seldom, harmless

Form = Literal["text", "json"]
TALKATIVE = ("kopf", "httpx", "aiohttp.access", "uvicorn.access", "uvicorn.error")
OBJECT_FIELDS = ("controller", "object")


def setup(form: Form = "text", level: str = "INFO") -> None:
    """Everything that this process logs goes to standard error in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine() if form == "json" else TextLine())
    handler.addFilter(About())
    handler.addFilter(Seldom())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class TextLine(logging.Formatter):
    """For people: time, level, object, message, an error's kind and place in brief, and what else it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        about = " ".join(str(getattr(record, name)) for name in OBJECT_FIELDS if hasattr(record, name))
        message = f"{about}: {record.getMessage()}" if about else record.getMessage()
        text = f"{_time(record)} {record.levelname:<7} {record.name}: {message}"
        error = f" [{brief(record.exc_info[1])}]" if record.exc_info and record.exc_info[1] else ""
        return harmless(text + error + suffix(record))


class JsonLine(logging.Formatter):
    """For machines: one JSON object a line, with the whole traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        line = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:LONGEST],
            **{name: str(getattr(record, name)) for name in OBJECT_FIELDS if hasattr(record, name)},
            **fields_of(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def suffix(record: logging.LogRecord) -> str:
    """What a record is about besides its object, for a line of text."""
    said = getattr(record, "object", None)
    found = [f"{name} {value}" for name, value in fields_of(record).items() if value != said]
    return f" ({', '.join(found)})" if found else ""


def brief(error: BaseException) -> str:
    """An error's kind, words and innermost place: enough to find it, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
