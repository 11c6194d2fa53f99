"""Where the demo's control plane runs: as asked, else as it is already, else in pods where the machine can run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cli.demo.cluster import KUBECONFIG
from cli.errors import CliError


class ControlPlanes(StrEnum):
    """What the demo's control plane runs in."""

    PROCESSES = "processes"
    PODS = "pods"


@dataclass(frozen=True)
class Choice:
    """Where it runs, and in words why not in pods where nobody asked for anything else."""

    where: ControlPlanes
    because: str = ""


def choose(
    asked: ControlPlanes | None, held: ControlPlanes | None, own: str, obstacles: Callable[[], tuple[str, ...]]
) -> Choice:
    """`held`: of the demo that is up. `own`: what names the user's own Kubernetes, if anything does.

    `obstacles` is asked last, for it tries things. Raises CliError where what was asked for cannot be.
    """
    where = asked or held
    if held not in (None, where):
        raise CliError(f"the demo is up with its control plane in {held}: take it down first (make demo-down)")
    if where is ControlPlanes.PROCESSES:
        return Choice(where)
    if where is ControlPlanes.PODS and own == KUBECONFIG:
        raise CliError(f"the demo's pods run in a Kubernetes that it brings itself: unset {KUBECONFIG}")
    if where is None and own:
        return Choice(ControlPlanes.PROCESSES, f"its pods run in a Kubernetes that it brings itself, and {own} is here")
    missing = "; ".join(obstacles())
    if where is None and missing:
        return Choice(ControlPlanes.PROCESSES, f"this machine cannot run pods: {missing}")
    if missing:
        raise CliError(f"this machine cannot run pods: {missing}")
    return Choice(ControlPlanes.PODS)
