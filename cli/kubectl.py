"""kubectl as the CLI and the demo use it: the user's own, else the one of the embedded Kubernetes."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.environment import users_environment
from cli.errors import CliError
from cli.kubectl_words import worded
from cli.progress import waiting
from sal.command import Command, Runner
from sal.errors import CommandError, CommandTimeout, UnexpectedOutput

TIMEOUT_SECONDS = 120.0
LARGEST_ANSWER = 256 << 20


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl against one cluster (by default the one that the user chose); `program` may be several words.

    `progress` shows on a terminal what is waited for; who draws on the terminal itself leaves it off.
    """

    runner: Runner
    kubeconfig: Path | None
    program: tuple[str, ...] = field(default=("kubectl",))
    progress: bool = False

    def run(self, *words: str, text: str = "", accepted: tuple[int, ...] = (0,), seconds: float = 0) -> str:
        """What kubectl printed. Raises CliError with its reason."""
        config = ("--kubeconfig", str(self.kubeconfig)) if self.kubeconfig else ()
        command = Command(
            (*self.program, *config, *words),
            input=text.encode(),
            environment=users_environment(),
            timeout_seconds=seconds or TIMEOUT_SECONDS,
            output_limit_bytes=LARGEST_ANSWER,
            accepted_codes=accepted,
        )
        try:
            with waiting(f"kubectl {words[0]}") if self.progress else nullcontext():
                return self.runner.run(command).text
        except CommandTimeout:
            message = f"the API server gave no answer within {command.timeout_seconds:g} s: try again, or look after it"
            raise CliError(message) from None
        except CommandError as error:
            raise CliError(worded(error.stderr) or str(error)) from None
        except UnexpectedOutput as error:
            raise CliError(f"kubectl {words[0]}: {error}") from None

    def apply(self, text: str) -> None:
        """Server-side apply of manifests."""
        self.run("apply", "--server-side", "--field-manager=hardpan-cli", "--force-conflicts", "-f", "-", text=text)

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """One object, or None."""
        place = ("--namespace", namespace) if namespace else ()
        found = self.run("get", kind, name, *place, "--ignore-not-found", "--output", "json")
        return self._parsed(found) if found.strip() else None

    def list(self, kinds: str, namespace: str = "", labels: str = "") -> list[dict[str, Any]]:
        """All objects of a kind, or of several with commas between, in a namespace or in all."""
        place = ("--namespace", namespace) if namespace else ("--all-namespaces",)
        chosen = ("--selector", labels) if labels else ()
        found: list[dict[str, Any]] = self._parsed(self.run("get", kinds, *place, *chosen, "--output", "json"), "items")
        return found

    def _parsed(self, text: str, part: str = "") -> Any:
        try:
            found = json.loads(text)
            return found[part] if part else found
        except (ValueError, RecursionError, KeyError, TypeError):
            raise CliError(f"{self.program[0]} did not answer in JSON of Kubernetes: is it a real kubectl?") from None


def find_kubectl(runner: Runner, kubeconfig: Path | None, embedded: Path | None = None) -> Kubectl:
    """The user's kubectl, else the embedded one."""
    if shutil.which("kubectl"):
        return Kubectl(runner, kubeconfig)
    if embedded is not None and embedded.exists():
        return Kubectl(runner, kubeconfig, (str(embedded), "kubectl"))
    raise CliError("kubectl is not on PATH: install it, or run `make setup` for the embedded one")


def require_kubeconfig(chosen: str) -> None:
    """kubectl passes over files of KUBECONFIG that are not there, and then asks localhost. Raises CliError."""
    files = [each for each in chosen.split(os.pathsep) if each]
    if files and not any(Path(each).exists() for each in files):
        raise CliError(f"KUBECONFIG names {', '.join(files)}, which is not there: export KUBECONFIG=FILE, or unset it")
