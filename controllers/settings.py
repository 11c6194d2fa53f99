"""Settings that our controllers have besides the loop's, read from the environment once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controllers.loop.errors import BadSettings
from controllers.tls.caller import is_loopback
from controllers.tls.contexts import Files
from jobs.broker import Connection


@dataclass(frozen=True)
class Listen:
    """Where a server listens, and its TLS files (None: plain HTTP, on loopback only)."""

    host: str
    port: int
    tls: Files | None = None


class Environment:
    """Reads variables; what is missing or wrong is a BadSettings that names it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        found = self._values.get(name, default)
        if not found:
            raise BadSettings(f"{name} is not set: it is needed here")
        return found

    def path(self, name: str) -> Path:
        """A file that is there."""
        found = Path(self.text(name))
        if not found.exists():
            raise BadSettings(f"{name} is {found}, which is not there")
        return found

    def number(self, name: str, default: float) -> float:
        """A number."""
        found = self._values.get(name, "")
        try:
            return float(found) if found else default
        except ValueError:
            raise BadSettings(f"{name} is {found!r}: it takes a number") from None

    def listen(self, name: str, default: str, behind_gateway: bool = False) -> Listen:
        """`host:port`, with TLS files in <name>_CERTIFICATE and _KEY, and the authority of its callers in _CLIENTS.

        Plain HTTP is for loopback. What sits behind the gateway takes nobody else's calls from another machine.
        """
        host, _, port = self.text(name, default).rpartition(":")
        host = host.strip("[]")
        if not host or not port.isdecimal():
            raise BadSettings(f"{name} is {self.text(name, default)!r}: it takes host:port")
        needed = [f"{name}_CERTIFICATE", f"{name}_KEY", *([f"{name}_CLIENTS"] if behind_gateway else [])]
        files = Files(*map(self.path, needed)) if self._values.keys() & set(needed) else None
        if files is None and not is_loopback(host):
            raise BadSettings(
                f"{name} is {host}:{port}, where others can reach it: set {', '.join(needed)}, or use 127.0.0.1"
            )
        return Listen(host, int(port), files)

    def redis(self) -> Connection:
        """HARDPAN_REDIS (URL), _USER, _PASSWORD_FILE and the TLS files _CA, _CERTIFICATE, _KEY."""
        return Connection(
            url=self.text("HARDPAN_REDIS"),
            username=self.text("HARDPAN_REDIS_USER", "supervisor"),
            password=self.path("HARDPAN_REDIS_PASSWORD_FILE").read_text().strip(),
            authority=self.path("HARDPAN_REDIS_CA"),
            certificate=self.path("HARDPAN_REDIS_CERTIFICATE"),
            key=self.path("HARDPAN_REDIS_KEY"),
        )
