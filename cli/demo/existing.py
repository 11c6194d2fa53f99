"""A Kubernetes that runs already, named by its kubeconfig. Its API server must be on this machine, as the demo's
webhook and nodes are reached on addresses of this machine only."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from cli.demo.tools import embedded_kubectl
from cli.kubectl import find_kubectl
from sal.command import Runner
from sal.errors import SalError


class ExistingKubernetes:
    """The user's cluster: never started, never stopped."""

    ours = False

    def __init__(self, kubeconfig: Path, runner: Runner) -> None:
        self._kubeconfig, self._runner = kubeconfig, runner

    @property
    def label(self) -> str:
        """See Kubernetes."""
        return f"Kubernetes of {self._kubeconfig}"

    @property
    def kubeconfig(self) -> Path:
        """See Kubernetes."""
        return self._kubeconfig

    @property
    def kubectl(self) -> tuple[str, ...]:
        """See Kubernetes."""
        return find_kubectl(self._runner, None, embedded_kubectl()).program

    def start(self) -> None:
        """Asks whether it is ready."""
        host = _host(self._kubeconfig)
        if not _is_local(host):
            raise SalError(
                f"HARDPAN_KUBECONFIG={self._kubeconfig} names the API server {host}: the demo needs one on this "
                "machine (127.0.0.1); unset it for the embedded Kubernetes"
            )
        find_kubectl(self._runner, self._kubeconfig, embedded_kubectl()).run("get", "--raw", "/readyz")

    def stop(self) -> None:
        """It is not ours to stop."""


def _host(kubeconfig: Path) -> str:
    """The host of the current context's API server. Raises SalError."""
    try:
        config = yaml.safe_load(kubeconfig.read_text())
        contexts = {each["name"]: each["context"] for each in config["contexts"]}
        servers = {each["name"]: each["cluster"]["server"] for each in config["clusters"]}
        return urlsplit(servers[contexts[config["current-context"]]["cluster"]]).hostname or ""
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SalError(f"HARDPAN_KUBECONFIG={kubeconfig} is no usable kubeconfig: {error}") from None


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
