"""A Redis as an operator runs one for us: outside of the cluster, its certificate of an authority of its own, and the
user that docs/helm.md gives.
"""

from __future__ import annotations

import hashlib
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from cli.demo.pki import Authority, Subject
from cli.demo.processes import Processes

PAGE = Path(__file__).parents[2] / "docs" / "helm.md"
PROCESS, PORT = "own-redis", 16380
PASSWORD = "chosen by the operator"
START_SECONDS = 10.0


@dataclass(frozen=True)
class OwnRedis:
    """`clients` is whose certificates it takes."""

    folder: Path
    address: str
    clients: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"rediss://{self.address}:{PORT}"

    @property
    def authority(self) -> Authority:
        """Who signed its certificate."""
        return Authority(self.folder / "pki", "queue")

    def start(self) -> None:
        """Until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "redis.conf"
        file.write_text(self._configuration())
        self._processes.start(PROCESS, ["redis-server", str(file)])
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            assert time.monotonic() < deadline, self._processes.last_words(PROCESS)
            time.sleep(0.05)

    def stop(self) -> None:
        """It ends, and with it what was in it."""
        self._processes.stop(PROCESS)

    @property
    def _processes(self) -> Processes:
        return Processes(self.folder / "processes")

    def _configuration(self) -> str:
        server = self.authority.issue("redis", Subject("redis", addresses=(self.address,)))
        lines = (
            f"bind {self.address}", "port 0", f"tls-port {PORT}", "tls-auth-clients yes",
            f"tls-cert-file {server.certificate}", f"tls-key-file {server.key}", f"tls-ca-cert-file {self.clients}",
            f"dir {self.folder}", 'save ""', "maxmemory-policy noeviction", "user default off", documented_user(),
        )  # fmt: skip
        return "\n".join(lines) + "\n"

    def _listens(self) -> bool:
        try:
            with socket.create_connection((self.address, PORT), timeout=1):
                return True
        except OSError:
            return False


def documented_user(page: Path = PAGE) -> str:
    """The line that operators are given, with the password's hash in its place."""
    [line] = re.findall(r"^user supervisor .*$", page.read_text(), re.MULTILINE)
    place = "#<SHA-256 of the password>"
    assert place in line
    return str(line).replace(place, f"#{hashlib.sha256(PASSWORD.encode()).hexdigest()}")
