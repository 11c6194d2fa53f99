"""A cloud with a simulated node whose controllers speak to each other as in pods: by certificates, from anywhere."""

from __future__ import annotations

import socket
import ssl
import sys
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bench.cloud import BenchCloud
from cli.control_plane import environment
from cli.demo.conditions import condition, is_current
from cli.demo.processes import Processes
from cli.errors import CliError
from controllers.certificates.leaves import Leaf
from controllers.certificates.making import Authority, Pem, issue
from controllers.certificates.soundness import authority_of
from controllers.tls.contexts import Files
from tests.system.node_site import free_port
from tests.system.tls_site import GATEWAY, Mounted

ROLES = ("ledger", "coord", "supervisor", "gateway", "admission")
BEHIND = ("ledger", "supervisor")


@dataclass
class TlsCloud:
    """`inside` signs for everybody behind the gateway; nodes trust the demo's own authority and no other."""

    cloud: BenchCloud
    folder: Path
    inside: Authority
    monitors: dict[str, int] = field(default_factory=lambda: {role: free_port() for role in ROLES})

    def __post_init__(self) -> None:
        self.processes = Processes(self.folder / "processes")
        self._mounted = {name: Mounted(self.folder / name) for name in (*BEHIND, "client", "gateway")}
        self._settings: dict[str, str] = {}

    def start(self) -> None:
        """Puts controllers that speak TLS in the place of the demo's."""
        plane = self.cloud.demo.control_plane
        plane.processes.stop("control-plane", 30.0)
        self.renew(self.inside)
        self._settings = {**environment(), **plane.settings(), **self._tls(plane.settings())}
        for role in ROLES:
            monitor = {"HARDPAN_MONITOR": f"127.0.0.1:{self.monitors[role]}"}
            words = [sys.executable, "-m", "controllers", role]
            self.processes.start(role, words, {**self._settings, **monitor})

    def renew(self, inside: Authority) -> None:
        """Every certificate anew, those behind the gateway by this authority."""
        for name in BEHIND:
            self._mounted[name].issue(Leaf("", f"hardpan-{name}", ("localhost",)), inside)
        self._mounted["client"].issue(GATEWAY, inside)
        pair = self.cloud.demo.control_plane.authority.pair
        site = authority_of(Pem(pair.certificate.read_bytes(), pair.key.read_bytes()))
        leaf = Leaf("", "hardpan-gateway", (self.cloud.demo.layout.address,))
        self._mounted["gateway"].put(issue(leaf, site, datetime.now(UTC)), b"")

    def stop(self) -> None:
        """Ends them."""
        for role in ROLES:
            self.processes.stop(role, 30.0)

    def pids(self) -> dict[str, int | None]:
        """The processes."""
        return {role: found.pid if (found := self.processes.find(role)) else None for role in ROLES}

    def restart_nodes(self) -> None:
        """The nodes begin anew: they ask for credentials."""
        self.cloud.stop_nodes()
        self.cloud.start_nodes()

    def answered(self, role: str, route: str) -> float:
        """How many requests of a route were answered well."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitors[role]}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        wanted = (f'role="{role}"', f'route="{route}"', 'status="200"')
        found = [each for each in lines if each.startswith("hardpan_http_requests_total{")]
        return sum(float(each.split()[-1]) for each in found if all(word in each for word in wanted))

    def shown(self, role: str) -> bytes:
        """The certificate that a server shows, whoever asks."""
        host, _, port = self._settings[f"HARDPAN_{role.upper()}_LISTEN"].rpartition(":")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address = "127.0.0.1" if host == "0.0.0.0" else host.strip("[]")
        with socket.create_connection((address, int(port))) as plain, context.wrap_socket(plain) as secure:
            found = secure.getpeercert(binary_form=True)
            assert found is not None
            return found

    def deploy(self, name: str, script: str, params: dict[str, Any]) -> None:
        """Applies a signed deployment and waits until it is Ready."""
        kubectl, author = self.cloud.demo.kubectl, self.cloud.author
        text = yaml.safe_dump(author.manifest(name, script, params, datetime.now(UTC)))
        self.wait(lambda: self._apply(text), "the webhook")

        def ready() -> bool | None:
            found = kubectl.get("deployments.hardpan.dev", name, author.namespace)
            return True if found and is_current(found) and condition(found, "Ready") == "True" else None

        self.wait(ready, f"deployment {name}")

    def _apply(self, text: str) -> bool | None:
        """None while the webhook does not answer yet."""
        try:
            self.cloud.demo.kubectl.apply(text)
        except CliError as error:
            if "failed calling webhook" in str(error):
                return None
            raise
        return True

    def wait(self, condition: Any, what: str) -> None:
        """Waits for it, and tells what the controllers said last when it does not come."""
        self.cloud.demo.wait(condition, what, self._last_words, 120.0)

    def _last_words(self) -> str:
        return "\n".join(f"{role}: {self.processes.last_words(role)}" for role in ROLES)

    def _tls(self, settings: dict[str, str]) -> dict[str, str]:
        given = {}
        for role in BEHIND:
            port = settings[f"HARDPAN_{role.upper()}_LISTEN"].rpartition(":")[2]
            given[f"HARDPAN_{role.upper()}_LISTEN"] = f"0.0.0.0:{port}"
            given[f"HARDPAN_{role.upper()}_URL"] = f"https://localhost:{port}"
            given |= _named(f"HARDPAN_{role.upper()}_LISTEN", self._mounted[role].files(), "CLIENTS")
        given |= _named("HARDPAN_UPSTREAM", self._mounted["client"].files(), "CA")
        return given | _named("HARDPAN_GATEWAY_LISTEN", self._mounted["gateway"].files(), "")


def _named(variable: str, files: Files, authority: str) -> dict[str, str]:
    pair = {f"{variable}_CERTIFICATE": str(files.certificate), f"{variable}_KEY": str(files.key)}
    return pair | ({f"{variable}_{authority}": str(files.authority)} if authority else {})
