"""The bootstrap server as an operator runs it: a process over a folder of sites, which emulated machines can reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.boot.guest_site import GuestSite
from tests.system.node_site import free_port

START_SECONDS = 300.0
NAME, FLAVOUR = "rack-7", "cloud"
LABEL = {"rack": "7"}


@dataclass(frozen=True)
class Bootstrap:
    """A server on this machine, at a port."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where this machine finds it."""
        return f"http://127.0.0.1:{self.port}"

    def address(self, name: str, host: str = "10.0.2.2") -> str:
        """A file of the site, as machines find it."""
        return f"http://{host}:{self.port}/sites/{NAME}/{FLAVOUR}/current/{name}"


def write_site(folder: Path, site: GuestSite, image: bytes) -> None:
    """The folder of a server with one site, which gives its token on every medium."""
    folder.mkdir()
    (folder / "site.efi").write_bytes(image)
    name, _, seed = site.token.partition(":")
    (folder / "site.token").write_text(json.dumps({"name": name, "seed": seed}))
    said = {"gateway": site.url, "images": ["site.efi"], "token": "site.token", "tokenOn": ["usb", "iso", "ipxe"]}
    (folder / f"{NAME}.yaml").write_text(json.dumps({**said, "labels": LABEL}))


@contextmanager
def serving(folder: Path, host: str = "127.0.0.1", port: int = 0, before: tuple[str, ...] = ()) -> Iterator[Bootstrap]:
    """A server over a folder of sites; `before` are words that start it elsewhere."""
    made = Bootstrap(port or free_port(), folder / "log")
    serve = (sys.executable, "-m", "cli.main", "bootstrap", "serve")
    words = [*before, *serve, "--sites", str(folder), "--listen", f"{host}:{made.port}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with made.log.open("wb") as log, subprocess.Popen(words, stderr=log, env=environment) as process:
        try:
            _await_started(made, process)
            yield made
        finally:
            process.terminate()


def _await_started(made: Bootstrap, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "serves until it is stopped" not in made.log.read_text():
        assert process.poll() is None, made.log.read_text()
        assert time.monotonic() < deadline, "the bootstrap server does not start"
        time.sleep(0.2)
    time.sleep(1.0)
