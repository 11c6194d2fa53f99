"""A collector of spans for tests: it takes OTLP in JSON as an OpenTelemetry collector does, and keeps it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Collector:
    """Listens on loopback while it is entered; `spans` are those that came, with their service."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Any]]] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                kept.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *words: Any) -> None:
                """Nothing on the console."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def endpoint(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, request: dict[str, Any]) -> None:
        """Keeps the spans of a request."""
        for resource in request["resourceSpans"]:
            [service] = [each["value"]["stringValue"] for each in resource["resource"]["attributes"]]
            self.spans += [(service, span) for scope in resource["scopeSpans"] for span in scope["spans"]]

    def start(self) -> None:
        """Begins to listen."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """Ends."""
        self._server.shutdown()
        self._server.server_close()
