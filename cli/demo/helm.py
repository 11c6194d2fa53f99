"""helm as the demo uses it: our charts, into one namespace, without reading or writing the user's own helm files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sal.command import Command, Runner

CHARTS = Path(__file__).parents[2] / "charts"
WAIT_SECONDS = 300.0
_HOMES = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")


@dataclass(frozen=True)
class Helm:
    """Installs charts; `folder` is for what helm keeps."""

    runner: Runner
    program: Path
    kubeconfig: Path
    folder: Path
    charts: Path = CHARTS

    def install(self, chart: str, namespace: str, values: Path | None = None) -> None:
        """A release of the chart's own name, or its next revision, until all its pods are Ready."""
        chosen = ("--values", str(values)) if values else ()
        self._run(
            "upgrade", "--install", chart, str(self.charts / chart), "--create-namespace", *chosen, namespace=namespace
        )

    def roll_back(self, chart: str, namespace: str) -> None:
        """The release as it was before its last revision, until all its pods are Ready."""
        self._run("rollback", chart, namespace=namespace)

    def _run(self, *words: str, namespace: str) -> None:
        ready = ("--namespace", namespace, "--wait", "--timeout", f"{WAIT_SECONDS:.0f}s")
        environment = {"KUBECONFIG": str(self.kubeconfig), **{name: str(self.folder) for name in _HOMES}}
        command = Command(
            (str(self.program), *words, *ready), environment=environment, timeout_seconds=WAIT_SECONDS + 30
        )
        self.runner.run(command)
