"""What the pod of `helm test` is told, read from the environment once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controllers.loop.errors import BadSettings
from controllers.settings import Environment


@dataclass(frozen=True)
class Guest:
    """Who may bring a node and a deployment: a join token's name and seed, a user's key, that tenant's namespace."""

    token: str
    seed: Path
    key: Path
    namespace: str


@dataclass(frozen=True)
class Server:
    """A server, the name that its certificate must have, and the authority that must have signed it."""

    url: str
    name: str
    authority: Path


@dataclass(frozen=True)
class Settings:
    """Where everything is. Without a guest no node and no deployment comes."""

    namespace: str
    cluster: str
    gateway: Server
    queue: Server
    guest: Guest | None
    folder: Path = Path("/tmp/helm-test")


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises BadSettings."""
    values = Environment(environment)
    return Settings(
        values.text("HARDPAN_NAMESPACE", "hardpan-system"),
        values.text("HARDPAN_CLUSTER"),
        _server(values, "HARDPAN_TEST_GATEWAY", "https://"),
        _server(values, "HARDPAN_TEST_QUEUE", "rediss://"),
        _guest(values, environment),
    )


def _server(values: Environment, name: str, scheme: str) -> Server:
    url = values.text(name)
    host, _, port = url.removeprefix(scheme).rpartition(":")
    if not url.startswith(scheme) or not host or not port.isdecimal():
        raise BadSettings(f"{name} is {url!r}: it takes {scheme}host:port")
    # It may not be there: then a step of the test says so.
    return Server(url, values.text(f"{name}_NAME", host), Path(values.text(f"{name}_CA")))


def _guest(values: Environment, environment: Mapping[str, str]) -> Guest | None:
    if not environment.get("HARDPAN_TEST_TOKEN"):
        return None
    return Guest(
        values.text("HARDPAN_TEST_TOKEN"),
        values.path("HARDPAN_TEST_SEED"),
        values.path("HARDPAN_TEST_KEY"),
        values.text("HARDPAN_TEST_TENANT"),
    )
