"""What an operator makes before the charts are installed: certificates of other authorities, and the Secrets of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from cli.demo.pki import Authority, Pair, Subject
from tests.cloud.own_redis import PASSWORD

QUEUE = "queue"
Secrets = dict[str, dict[str, bytes]]


@dataclass(frozen=True)
class Brought:
    """`gateway` signed the gateway's certificate, `site` is the site's authority, `queue` signed that of Redis."""

    gateway: Authority
    site: Authority
    queue: Authority
    supervisor_key: Path

    def secrets(self, address: str) -> Secrets:
        """What is in which Secret; nodes reach the gateway at this address."""
        server = self.gateway.issue("gateway", Subject("gateway.corporate", addresses=(address,)))
        return {
            "hardpan-supervisor-key": {"supervisor.key": self.supervisor_key.read_bytes()},
            "hardpan-site-ca": _tls(self.site.pair, self.site),
            "hardpan-gateway-tls": _tls(server, self.gateway),
            QUEUE: {"password": PASSWORD.encode(), "ca.crt": self.queue.pair.certificate.read_bytes()},
        }


def manifest(name: str, namespace: str, data: dict[str, bytes]) -> str:
    """A Secret for kubectl."""
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    metadata = {"name": name, "namespace": namespace}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded})


def _tls(pair: Pair, authority: Authority) -> dict[str, bytes]:
    files = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority.pair.certificate}
    return {name: file.read_bytes() for name, file in files.items()}
