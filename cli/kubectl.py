"""kubectl as the CLI and the demo use it: the user's own, else the one of the embedded Kubernetes."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.errors import CliError
from sal.command import Command, Runner
from sal.errors import CommandError


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl against one cluster; `program` may be more than one word."""

    runner: Runner
    kubeconfig: Path | None
    program: tuple[str, ...] = field(default=("kubectl",))

    def run(self, *words: str, text: str = "", accepted: tuple[int, ...] = (0,)) -> str:
        """What kubectl printed. Raises CliError with its message."""
        config = ("--kubeconfig", str(self.kubeconfig)) if self.kubeconfig else ()
        command = Command(
            (*self.program, *config, *words), input=text.encode(), timeout_seconds=120, accepted_codes=accepted
        )
        try:
            return self.runner.run(command).text
        except CommandError as error:
            raise CliError(error.stderr.strip() or str(error)) from None

    def apply(self, text: str) -> None:
        """Server-side apply of manifests."""
        self.run("apply", "--server-side", "--field-manager=hardpan-cli", "--force-conflicts", "-f", "-", text=text)

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """One object, or None."""
        place = ("--namespace", namespace) if namespace else ()
        found = self.run("get", kind, name, *place, "--ignore-not-found", "--output", "json")
        return json.loads(found) if found.strip() else None

    def list(self, kind: str, namespace: str = "", labels: str = "") -> list[dict[str, Any]]:
        """All objects of a kind, in a namespace or in all."""
        place = ("--namespace", namespace) if namespace else ("--all-namespaces",)
        chosen = ("--selector", labels) if labels else ()
        items: list[dict[str, Any]] = json.loads(self.run("get", kind, *place, *chosen, "--output", "json"))["items"]
        return items


def find_kubectl(runner: Runner, kubeconfig: Path | None, embedded: Path | None = None) -> Kubectl:
    """The user's kubectl, else the embedded one."""
    if shutil.which("kubectl"):
        return Kubectl(runner, kubeconfig)
    if embedded is not None and embedded.exists():
        return Kubectl(runner, kubeconfig, (str(embedded), "kubectl"))
    raise CliError("kubectl is not on PATH: install it, or run `make setup` for the embedded one")
