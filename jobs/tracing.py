"""Sends spans to an OpenTelemetry collector, as OTLP in JSON over HTTP, when OTEL_EXPORTER_OTLP_ENDPOINT names one.

A collector that is away costs spans and nothing else: nobody waits for it, and what does not fit is dropped.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jobs.trace import TRACEPARENT, Span

log = logging.getLogger(__name__)
AT_ONCE, MOST_WAITING = 256, 2_048
PAUSE_SECONDS, PATIENCE_SECONDS = 1.0, 5.0
INTERNAL, BAD = 1, 2
Post = Callable[[str, bytes], None]


class Exporter:
    """Collects spans and sends them from a thread of its own."""

    def __init__(self, url: str, service: str, post: Post | None = None) -> None:
        self._url, self._service, self._post = url, service, post or _post
        self._waiting: queue.Queue[Span] = queue.Queue(MOST_WAITING)
        threading.Thread(target=self._follow, name="tracing", daemon=True).start()

    def tell(self, span: Span) -> None:
        """Takes a span, or drops it when too many wait."""
        try:
            self._waiting.put_nowait(span)
        except queue.Full:
            log.warning("a span is dropped: %s takes them too slowly", self._url)

    def _follow(self) -> None:
        """Gathers for a moment after the first, so that a busy process sends one request and not hundreds."""
        pause = threading.Event()
        while True:
            found = [self._waiting.get()]
            pause.wait(PAUSE_SECONDS)
            while len(found) < AT_ONCE and not self._waiting.empty():
                found.append(self._waiting.get())
            try:
                self._post(self._url, json.dumps(request(self._service, found)).encode())
            except (OSError, ValueError) as error:
                log.warning("%d spans are lost: %s: %s", len(found), self._url, error)


def request(service: str, spans: Iterable[Span]) -> dict[str, Any]:
    """The ExportTraceServiceRequest. Pure."""
    resource = {"attributes": _attributes({"service.name": service})}
    scope = {"scope": {"name": "hardpan"}, "spans": [_span(each) for each in spans]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span(span: Span) -> dict[str, Any]:
    made: dict[str, Any] = {
        "traceId": span.trace,
        "spanId": span.id,
        "name": span.name,
        "kind": INTERNAL,
        "startTimeUnixNano": _nanoseconds(span.began),
        "endTimeUnixNano": _nanoseconds(max(span.began, span.ended)),
        "attributes": _attributes(span.attributes),
    }
    if span.parent:
        made["parentSpanId"] = span.parent
    if not span.good:
        made["status"] = {"code": BAD}
    if TRACEPARENT.fullmatch(span.link):
        _, trace, parent, _ = span.link.split("-")
        made["links"] = [{"traceId": trace, "spanId": parent}]
    return made


def _nanoseconds(seconds: float) -> str:
    return str(round(seconds * 1_000_000) * 1_000)


def _attributes(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in values.items()]


def _post(url: str, body: bytes) -> None:
    """Raises OSError, and ValueError for what is no URL."""
    sent = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(sent, timeout=PATIENCE_SECONDS) as answer:
        answer.read()
