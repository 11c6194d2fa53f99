"""Settings that our controllers have besides the loop's, read from the environment once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controllers.loop.errors import BadSettings
from jobs.broker import Connection


@dataclass(frozen=True)
class Listen:
    """Where a server listens, and its TLS files (None: plain HTTP, on loopback or inside a pod only)."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


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

    def listen(self, name: str, default: str) -> Listen:
        """`host:port`, with TLS files in <name>_CERTIFICATE and <name>_KEY."""
        host, _, port = self.text(name, default).rpartition(":")
        if not host or not port.isdecimal():
            raise BadSettings(f"{name} is {self.text(name, default)!r}: it takes host:port")
        tls = f"{name}_CERTIFICATE" in self._values
        certificate = self.path(f"{name}_CERTIFICATE") if tls else None
        return Listen(host.strip("[]"), int(port), certificate, self.path(f"{name}_KEY") if tls else None)

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
