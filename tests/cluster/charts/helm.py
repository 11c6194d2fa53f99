"""Helm for tests: one release of the charts, in a folder of its own, and what it says when it refuses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sal.command import Command, Output, Runner, SystemRunner
from sal.errors import CommandError

CHARTS = Path(__file__).parents[3] / "charts"
NAMESPACE = "hardpan-system"
CLUSTER = "sha256:" + "a" * 64
BASIC = (f"cluster={CLUSTER}", "gateway.externalNames={cp.example}")


class HelmRefused(Exception):
    """What helm wrote."""


@dataclass(frozen=True)
class Helm:
    """Runs helm against one cluster; without a kubeconfig it only renders."""

    program: Path
    folder: Path
    kubeconfig: Path | None = None
    runner: Runner = field(default_factory=SystemRunner)

    def run(self, *words: str) -> str:
        """What helm printed. Raises HelmRefused with what it wrote."""
        return self._run(*words).text

    def test(self, release: str, namespace: str = NAMESPACE) -> str:
        """What the test's pod printed, which helm shows where errors go. Raises HelmRefused with the same."""
        return self._run("test", release, "--namespace", namespace, "--timeout", "100s").stderr.decode()

    def _run(self, *words: str) -> Output:
        environment = {f"HELM_{name}_HOME": str(self.folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        environment |= {"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        environment |= {"KUBECONFIG": str(self.kubeconfig or "/dev/null")}
        command = Command((str(self.program), *words), environment=environment, timeout_seconds=110.0)
        try:
            return self.runner.run(command)
        except CommandError as error:
            raise HelmRefused(error.stderr or str(error)) from None

    def template(self, *values: str) -> list[dict[str, Any]]:
        """Every object of the chart with these values."""
        return objects(self.run("template", "hardpan", str(CHARTS / "hardpan"), "-n", NAMESPACE, *sets(values)))

    def install(self, chart: str, *values: str, release: str = "", namespace: str = NAMESPACE) -> str:
        """Installs a chart, or upgrades it; returns its notes."""
        place = ("--namespace", namespace, "--create-namespace")
        return self.run("upgrade", "--install", release or chart, str(CHARTS / chart), *place, *sets(values))


def sets(values: Iterable[str]) -> list[str]:
    """Values as helm's options; `=` at the front names a value that is to be a text."""
    return [word for each in values for word in (("--set-string", each[1:]) if each[0] == "=" else ("--set", each))]


def objects(text: str) -> list[dict[str, Any]]:
    """The objects of a rendered text."""
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def named(found: Iterable[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """The one object of this kind and name."""
    [only] = [each for each in found if each["kind"] == kind and each["metadata"]["name"] == name]
    return only
