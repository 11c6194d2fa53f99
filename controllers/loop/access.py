"""Finds the API server: a kubeconfig when one is given, else the service account of the pod."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import yaml

from controllers.loop.kube_http import Access

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class NoAccess(Exception):
    """There is no way to the API server; the message says what to set."""


def find_access(kubeconfig: Path | None) -> Access:
    """Access by kubeconfig, or in a pod by service account. Raises NoAccess."""
    if kubeconfig is not None:
        return from_kubeconfig(kubeconfig)
    if not (SERVICE_ACCOUNT / "token").exists():
        raise NoAccess("no kubeconfig and no service account: set KUBECONFIG or run in a pod")
    return Access("https://kubernetes.default.svc", SERVICE_ACCOUNT / "ca.crt", token_file=SERVICE_ACCOUNT / "token")


def from_kubeconfig(file: Path) -> Access:
    """The current context of a kubeconfig. Raises NoAccess."""
    try:
        config = yaml.safe_load(file.read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
    except (OSError, KeyError, TypeError, StopIteration, yaml.YAMLError) as error:
        raise NoAccess(f"{file} is no kubeconfig with a current context: {error}") from None
    folder = file.parent
    return Access(
        cluster["server"],
        _file(cluster, "certificate-authority", folder),
        _file(user, "client-certificate", folder),
        _file(user, "client-key", folder),
        Path(user["tokenFile"]) if "tokenFile" in user else None,
    )


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _file(entry: dict[str, Any], name: str, folder: Path) -> Path | None:
    """A file that the entry names, or one made of the data that it holds (OpenSSL reads files only)."""
    if name in entry:
        return folder / str(entry[name])
    if f"{name}-data" not in entry:
        return None
    with tempfile.NamedTemporaryFile("wb", prefix="hardpan-", suffix=".pem", delete=False) as made:
        made.write(base64.b64decode(entry[f"{name}-data"]))
    return Path(made.name)
