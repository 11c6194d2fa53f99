"""Which Kubernetes the demo uses: the user's own when there is one, else the embedded default."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cli.demo.existing import ExistingKubernetes
from cli.demo.k3s import K3s
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.tools import ensure_tools
from sal.command import Runner

KUBECONFIG = "HARDPAN_KUBECONFIG"
K3S = "HARDPAN_K3S"


class Kubernetes(Protocol):
    """A cluster for the demo. `ours` tells whether it goes with the demo; if not, what we put in must be taken out."""

    ours: bool

    @property
    def label(self) -> str:
        """What people are told of it."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, once it was started."""

    @property
    def kubectl(self) -> tuple[str, ...]:
        """The words that kubectl is called by."""

    def start(self) -> None:
        """Brings it up and waits until it is ready; may be repeated. Raises SalError with the remedy."""

    def stop(self) -> None:
        """Takes it down."""


def own_kubernetes(environment: Mapping[str, str] = os.environ) -> str:
    """What names a Kubernetes of the user's own: HARDPAN_KUBECONFIG (one that runs), HARDPAN_K3S, or k3s on PATH."""
    named = [name for name in (KUBECONFIG, K3S) if environment.get(name)]
    return next(iter(named), "k3s" if shutil.which("k3s", path=environment.get("PATH")) else "")


def choose_kubernetes(
    folder: Path, runner: Runner, *, durable: bool, environment: Mapping[str, str] = os.environ
) -> Kubernetes:
    """The user's own, else the embedded one."""
    own = own_kubernetes(environment)
    if own == KUBECONFIG:
        return ExistingKubernetes(Path(environment[KUBECONFIG]), runner)
    if own:
        program = environment.get(K3S) or shutil.which("k3s", path=environment.get("PATH")) or own
        return K3s(folder, Path(program), runner)
    return EmbeddedKubernetes(folder, ensure_tools(runner), durable=durable)
