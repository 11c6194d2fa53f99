"""A gateway as a process of its own over TLS, with a ledger behind it that only echoes, and ways to bother it."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sal.command import Process, spawn
from tests.system.node_site import Authority, free_port, wait_for

PATIENCE, CONNECTIONS = 1.0, 64
NODE, STRANGER = "127.0.1.1", "127.0.2.1"
"""Two addresses of two networks: where an honest node calls from, and where trouble comes from."""
PROGRAM = "import os, sys; from controllers.gateway import main; sys.exit(main.main(os.environ))"
BUNDLE = b"b" * 1_000_000


class Echo(BaseHTTPRequestHandler):
    """The ledger: it gives a bundle, and tells how large a body was."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(BUNDLE)

    def do_POST(self) -> None:
        self._send(b'{"bytes": %d}' % len(self.rfile.read(int(self.headers["content-length"]))))

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Gateway:
    """The running gateway."""

    def __init__(self, folder: Path, connections: int = CONNECTIONS, patience: float = PATIENCE) -> None:
        self.port, self._monitor = free_port(), free_port()
        self.log = folder / "gateway.log"
        authority = Authority()
        (folder / "ca.pem").write_text(authority.certificate)
        certificate, key = authority.pair(folder, "gateway")
        self.context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self._ledger = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self._ledger.daemon_threads = True
        threading.Thread(target=self._ledger.serve_forever, args=(0.1,), daemon=True).start()
        url = f"http://127.0.0.1:{self._ledger.server_address[1]}"
        settings = {
            "HARDPAN_LEDGER_URL": url, "HARDPAN_SUPERVISOR_URL": url, "HARDPAN_MONITOR": f"127.0.0.1:{self._monitor}",
            "HARDPAN_GATEWAY_LISTEN": f"0.0.0.0:{self.port}", "HARDPAN_GATEWAY_LISTEN_CERTIFICATE": str(certificate),
            "HARDPAN_GATEWAY_LISTEN_KEY": str(key), "HARDPAN_GATEWAY_PATIENCE": str(patience),
            "HARDPAN_GATEWAY_CONNECTIONS": str(connections), "HARDPAN_GATEWAY_RATE": "1000",
            "HARDPAN_GATEWAY_BURST": "5000", "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
        }  # fmt: skip
        self._process: Process = spawn([sys.executable, "-c", PROGRAM], log=self.log, environment=settings)
        wait_for(self._listens, "the gateway", log=self.log.read_text)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._ledger.shutdown()
        self._ledger.server_close()

    def ask(self, path: str = "/v1/nodes/challenge", body: bytes = b"{}", source: str = NODE) -> tuple[int, bytes]:
        """What an honest client is answered, within two seconds or never."""
        asking = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=self.context, timeout=4.0, source_address=(source, 0)
        )
        try:
            asking.request("POST", path, body)
            answer = asking.getresponse()
            return answer.status, answer.read()
        finally:
            asking.close()

    def call(self, source: str = STRANGER) -> socket.socket:
        """A bare connection."""
        called = socket.create_connection(("127.0.0.1", self.port), timeout=10.0, source_address=(source, 0))
        called.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return called

    def call_securely(self, source: str = STRANGER) -> ssl.SSLSocket:
        """A connection after its handshake."""
        return self.context.wrap_socket(self.call(source), server_hostname="127.0.0.1")

    def refused(self, what: str, reason: str) -> float:
        """What its metric says."""
        return self._told("hardpan_refused_total", f'reason="{reason}"', f'what="{what}"')

    @property
    def inside(self) -> int:
        """How many connections it holds."""
        return int(self._told("hardpan_gateway_connections"))

    def _told(self, name: str, *labels: str) -> float:
        asking = http.client.HTTPConnection("127.0.0.1", self._monitor, timeout=5.0)
        asking.request("GET", "/metrics")
        text = asking.getresponse().read().decode()
        asking.close()
        for line in text.splitlines():
            if line.startswith((f"{name}{{", f"{name} ")) and all(label in line for label in labels):
                return float(line.split()[-1])
        return 0.0

    @property
    def memory(self) -> int:
        """The most memory that it ever had, in bytes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    @property
    def descriptors(self) -> int:
        """How many files and connections it has open."""
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))


@contextmanager
def many(count: int, gateway: Gateway, *, secure: bool) -> Iterator[list[socket.socket]]:
    """So many connections of a stranger that stay open; those that were turned away are left out."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            try:
                opened.append(stack.enter_context(gateway.call_securely() if secure else gateway.call()))
            except OSError:
                continue
        yield opened
