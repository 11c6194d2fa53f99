"""The cluster as the CLI reaches it: through kubectl. Nothing that it says is believed here: see `cli.trusted`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.demo.tools import cache_folder
from cli.errors import CliError
from cli.kubectl import Kubectl, find_kubectl, require_kubeconfig
from sal.command import Runner, SystemRunner


@dataclass(frozen=True)
class Cluster:
    """A cluster behind kubectl."""

    kubectl: Kubectl

    def namespace(self) -> str:
        """The namespace of the current context."""
        words = ("config", "view", "--minify", "--output", "jsonpath={..namespace}")
        return self.kubectl.run(*words, accepted=(0, 1)).strip() or "default"

    def object(self, plural: str, name: str, namespace: str = "") -> dict[str, Any]:
        """One object. Raises CliError when it is not there."""
        found = self.kubectl.get(f"{plural}.hardpan.dev", name, namespace)
        if found is None:
            raise missing(plural, name, namespace)
        return found


def missing(plural: str, name: str, namespace: str = "") -> CliError:
    """The error for an object that is not there."""
    where = f" in namespace {namespace}" if namespace else ""
    everywhere = " -A" if namespace else ""
    lister = f"`kubectl get {plural}.hardpan.dev{everywhere}` lists what is there"
    return CliError(f"there is no {plural.removesuffix('s')} {name}{where}: {lister}")


def connect(runner: Runner | None = None, *, progress: bool = True) -> Cluster:
    """The cluster of KUBECONFIG, or kubectl's own default. Raises CliError."""
    chosen = os.environ.get("KUBECONFIG", "")
    require_kubeconfig(chosen)
    embedded: Path | None = next((cache_folder() / "tools").glob("*/kube"), None)
    found = find_kubectl(runner or SystemRunner(), None, embedded)
    return Cluster(Kubectl(found.runner, None, found.program, progress))
