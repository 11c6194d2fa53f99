"""A real Redis on loopback as a site has it: TLS both ways, access rules, no default user. For tests and bench."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from jobs.access import SUPERVISOR_USER, password_hash
from jobs.broker import Connection
from jobs.redis_connection import PinnedConnection, options
from jobs.server import Room, ServerFiles, configuration
from sal.command import Process, spawn
from tests.system.node_site import Authority, free_port

OPERATOR = "operator"
START_SECONDS = 10.0


class RedisServer:
    """One server. `operator` is a user that only tests have: it may do everything."""

    def __init__(self, folder: Path, room: Room | None = None) -> None:
        self.folder, self.port = folder, free_port()
        self.authority = Authority()
        self._passwords = {name: secrets.token_hex(16) for name in (SUPERVISOR_USER, OPERATOR)}
        self._data = folder / "data"
        self._data.mkdir(parents=True)
        (folder / "ca.pem").write_text(self.authority.certificate)
        certificate, key = self.authority.pair(folder, "redis")
        files = ServerFiles(self._data, certificate, key, folder / "ca.pem")
        text = configuration(files, ["127.0.0.1"], self.port, self._passwords[SUPERVISOR_USER], room)
        operator = f"user {OPERATOR} on #{password_hash(self._passwords[OPERATOR])} ~* &* +@all\n"
        (folder / "redis.conf").write_text(text + operator)
        self._client = self.authority.pair(folder, "client")
        self._process: Process | None = None

    def start(self) -> None:
        """Starts it on its data, and waits until it answers."""
        self._process = spawn(["redis-server", str(self.folder / "redis.conf")], log=self.folder / "redis.log")
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "redis.log").read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with self.operator() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def kill(self) -> None:
        """SIGKILL, its data stays."""
        if self._process is not None:
            self._process.kill()

    def restart_empty(self) -> None:
        """A server whose disk was lost: no keys, no functions, no users of nodes."""
        self.kill()
        for file in sorted(self._data.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        self.start()

    def connection(self, username: str, password: str, pair: tuple[Path, Path] | None = None) -> Connection:
        """How this user connects, with a client certificate of the site unless another is given."""
        certificate, key = pair or self._client
        url = f"rediss://127.0.0.1:{self.port}"
        return Connection(url, username, password, self.folder / "ca.pem", certificate, key)

    @property
    def supervisor(self) -> Connection:
        """How the supervisor connects."""
        return self.connection(SUPERVISOR_USER, self._passwords[SUPERVISOR_USER])

    @contextmanager
    def operator(self) -> Iterator[redis.Redis]:
        """A client that may do everything."""
        with self.client(self.connection(OPERATOR, self._passwords[OPERATOR])) as client:
            yield client

    @contextmanager
    def client(self, connection: Connection) -> Iterator[redis.Redis]:
        """A plain client, for what no broker would send."""
        client = redis.Redis.from_url(connection.url, connection_class=PinnedConnection, **options(connection))
        try:
            yield client
        finally:
            client.close()

    def flush(self) -> None:
        """FLUSHALL."""
        with self.operator() as client:
            client.flushall()
