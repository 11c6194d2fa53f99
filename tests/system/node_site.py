"""A site for node tests: a CA, a real Redis behind TLS, an HTTPS gateway that answers as ledger and supervisor do."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import os
import secrets
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID

from cli.demo.ports import free_ports
from jobs.broker import Connection, Event
from jobs.errors import Unavailable
from jobs.redis_controller import RedisControllerBroker
from jobs.server import ServerFiles, configuration
from tests.unit.node_agent.cluster import Cluster, read_receipt
from trust.dsse import decode
from trust.job import Receipt
from trust.keys import seal
from trust.machine import open_signed, peek
from trust.registration import CREDENTIALS_TYPE, CredentialsRequest, Registration, open_registration
from trust.report import REPORT_TYPE, Report

Result = TypeVar("Result")
HERE, SEEN_BY_GUESTS, SEEN_BY_IPV6 = "127.0.0.1", "10.0.2.2", "fd00:6::2"
"""This machine, by its own name, and by the names that QEMU's user network gives it."""


def free_port() -> int:
    """A port that nobody listens on now, and that nobody is given by chance."""
    return free_ports(1)[0]


class Authority:
    """A CA in memory."""

    def __init__(self, name: str = "site") -> None:
        self._key = Ed25519PrivateKey.generate()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self._name, self._key.public_key(), authority=True)

    def issue(self, name: str, public: Ed25519PublicKey, days_ahead: int = 0) -> str:
        """PEM of a certificate for this machine, valid for a day from so many days ahead."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._sign(subject, public, authority=False, days_ahead=days_ahead)

    def pair(self, folder: Path, name: str, days_ahead: int = 0) -> tuple[Path, Path]:
        """Certificate and key files for a name."""
        key = Ed25519PrivateKey.generate()
        files = folder / f"{name}.pem", folder / f"{name}-key.pem"
        files[0].write_text(self.issue(name, key.public_key(), days_ahead))
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        files[1].write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
        return files

    def _sign(self, subject: x509.Name, public: Ed25519PublicKey, *, authority: bool, days_ahead: int = 0) -> str:
        now = datetime.now(UTC) + timedelta(days=days_ahead)
        addresses = [x509.IPAddress(ipaddress.ip_address(each)) for each in (HERE, SEEN_BY_GUESTS, SEEN_BY_IPV6)]
        names = x509.SubjectAlternativeName(addresses)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .sign(self._key, None)
        )
        return built.public_bytes(serialization.Encoding.PEM).decode()


class Site:
    """Everything a node needs around it. `nodes` are the registrations that came, `reports` the newest of each.

    `host` is how its nodes reach this machine.
    """

    host = HERE
    token_count = 9
    token_measured = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        now = datetime.now(UTC).replace(microsecond=0)
        self.cluster = Cluster(now=now, token_count=self.token_count, token_measured=self.token_measured)
        self.authority = Authority()
        self.nodes: dict[str, Registration] = {}
        self.reports: dict[str, Report] = {}
        self.events: list[Event] = []
        (folder / "ca.pem").write_text(self.authority.certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._start_redis()
        self._start_gateway()

    def _start_redis(self) -> None:
        data = self.folder / "redis"
        data.mkdir()
        self.redis_port = free_port()
        certificate, key = self.authority.pair(self.folder, "redis")
        files = ServerFiles(data, certificate, key, self.folder / "ca.pem")
        password = secrets.token_hex(16)
        (data / "redis.conf").write_text(configuration(files, ["127.0.0.1"], self.redis_port, password))
        self.start_redis()
        own, own_key = self.authority.pair(self.folder, "supervisor")
        url = f"rediss://127.0.0.1:{self.redis_port}"
        connection = Connection(url, "supervisor", password, self.folder / "ca.pem", own, own_key)
        self.broker = RedisControllerBroker(connection)

    def start_redis(self) -> None:
        """Starts the Redis server on its data."""
        with (self.folder / "redis.log").open("ab") as log:
            config = self.folder / "redis" / "redis.conf"
            self.redis = subprocess.Popen(["redis-server", str(config)], stdout=log, stderr=log)
        wait_for(lambda: _listens(self.redis_port), "redis")

    def show_certificate(self, authority: Authority, days_ahead: int = 0) -> None:
        """Makes the gateway show a certificate of this authority from now on."""
        self._context.load_cert_chain(*authority.pair(self.folder, "gateway", days_ahead))

    def _start_gateway(self) -> None:
        self._context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.show_certificate(self.authority)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://{self.host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Ends all of it."""
        self._server.shutdown()
        self._server.server_close()
        self.call(self.broker.close())
        self.redis.terminate()
        self.redis.wait(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def medium(self, folder: Path, images: Path | None = None) -> Path:
        """A boot medium of this site."""
        folder.mkdir(exist_ok=True)
        fields = self.cluster.medium(gateway=self.url, ca=str(self.folder / "ca.pem"))
        (folder / "medium.json").write_text(json.dumps(fields | ({"images": str(images)} if images else {})))
        return folder

    def call(self, work: Any) -> Any:
        """Runs a coroutine of the broker."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def place(self, node: str, job: str, envelope: bytes, documents: dict[str, bytes], attempt: int = 1) -> None:
        """Puts a job in the node's queue, trying again as the supervisor would."""

        def enqueue() -> bool:
            try:
                self.call(self.broker.enqueue(node, job, attempt, envelope, documents))
            except Unavailable:
                self.broker.forget_ready()
                return False
            return True

        wait_for(enqueue, "a queue that takes the job")

    def flush(self) -> None:
        """FLUSHALL."""
        self.call(self.broker._redis.flushall())
        self.broker.forget_ready()

    def receipt(
        self,
        node: str,
        job: str,
        seconds: float = 30.0,
        log: Callable[[], str] = str,
        each_time: Callable[[], None] = lambda: None,
    ) -> Receipt:
        """The receipt of a job, waited for and settled; `each_time` is called before each look."""
        public = decode(self.nodes[node].signing_key)

        def look() -> Receipt | None:
            each_time()
            self.events += self.call(self.broker.events([node], 0.2))
            self.call(self.broker.settle(self.events))
            return next((read_receipt(e.payload, public) for e in self.events if e.uid == job), None)

        return wait_for(look, f"receipt of {job}", seconds, log)

    def heartbeat(self, node: str) -> Report | None:
        """The report in the node's queue."""
        kept = self.call(self.broker.heartbeats([node])).get(node)
        return open_signed(kept, REPORT_TYPE, Report, decode(self.nodes[node].signing_key)) if kept else None

    def answer(self, path: str, body: bytes) -> dict[str, Any]:
        """What ledger and supervisor say."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if path == "/v1/nodes/challenge":
            return {"nonce": base64.b64encode(secrets.token_bytes(16)).decode(), "serverTime": now, "expires": now}
        if path == "/v1/nodes/register":
            registration = open_registration(body, self.cluster.id)
            self.nodes[registration.node] = registration
            answer = {"state": "Approved", "reason": "ApprovedByToken", "message": "", "retryAfterSeconds": 1}
            return answer | {"reportIntervalSeconds": 1}
        if path == "/v1/nodes/report":
            claimed = peek(body, REPORT_TYPE, Report)
            public = decode(self.nodes[claimed.node].signing_key)
            self.reports[claimed.node] = open_signed(body, REPORT_TYPE, Report, public)
            trust = {"version": self.cluster.version, "digest": ""}
            return {"reportIntervalSeconds": 1, "serverTime": now, "trust": trust, "state": "Ready"}
        return {"sealed": base64.b64encode(self._credentials(body)).decode()}

    def _credentials(self, body: bytes) -> bytes:
        node = peek(body, CREDENTIALS_TYPE, CredentialsRequest).node
        registration = self.nodes[node]
        open_signed(body, CREDENTIALS_TYPE, CredentialsRequest, decode(registration.signing_key))
        password = secrets.token_hex(16)
        self.call(self.broker.ensure_ready([node]))
        self.call(self.broker.grant(node, password))
        tls = Ed25519PublicKey.from_public_bytes(decode(registration.tls_key))
        access = {
            "url": f"rediss://{self.host}:{self.redis_port}", "username": node, "password": password,
            "ca": self.authority.certificate, "certificate": self.authority.issue(node, tls),
        }  # fmt: skip
        return seal(decode(registration.box_key), json.dumps(access).encode())


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200, site.cluster.bundle())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                self._send(200, json.dumps(site.answer(self.path, body)).encode())
            except Exception as error:
                self._send(403, json.dumps({"reason": type(error).__name__, "message": str(error)}).encode())

        def _send(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler


def wait_for(
    look: Callable[[], Result | None], what: str, seconds: float = 20.0, log: Callable[[], str] = str
) -> Result:
    """What `look` finds, as soon as it is truthy; `log` tells what there was instead."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds:g} s\n{log()}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def kill(pid: int) -> None:
    """SIGKILL to one process that the test started."""
    os.kill(pid, 9)
