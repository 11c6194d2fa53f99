"""The file that tells a client of Kubernetes where the API server is, and who the client is."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import yaml

from cli.demo.pki import Pair


def kubeconfig(url: str, authority: Path, client: Pair) -> bytes:
    """A kubeconfig with one context, whose data is inside it so that it can be copied."""
    files = {
        "certificate-authority-data": authority,
        "client-certificate-data": client.certificate,
        "client-key-data": client.key,
    }
    data = {name: _base64(file) for name, file in files.items()}
    authority_data = data.pop("certificate-authority-data")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "hardpan", "cluster": {"server": url, "certificate-authority-data": authority_data}}],
        "users": [{"name": "admin", "user": data}],
        "contexts": [{"name": "hardpan", "context": {"cluster": "hardpan", "user": "admin"}}],
        "current-context": "hardpan",
    }
    return yaml.safe_dump(json.loads(json.dumps(config)), sort_keys=False).encode()


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
