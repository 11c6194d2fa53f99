"""The controllers as processes, each with the token that its pod would have, over simulated nodes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bench.cloud import BenchCloud
from cli.control_plane import environment
from cli.demo.cloud import condition, is_current
from cli.demo.processes import Processes
from cli.errors import CliError
from tests.cluster.charts.account import kubeconfig_of, token_of
from tests.cluster.charts.helm import CHARTS, NAMESPACE, Helm, sets

WITH_TOKEN = ("ledger", "coord", "supervisor", "admission")
ROLES = (*WITH_TOKEN, "gateway")
WEBHOOK = "validatingwebhookconfiguration"


class OwnTokens:
    """A cloud whose API server has the charts' rights and policies, and whose controllers have no others."""

    def __init__(self, cloud: BenchCloud, program: Path, folder: Path) -> None:
        self.cloud, self.kubectl = cloud, cloud.demo.kubectl
        self._folder = folder
        self._helm = Helm(program, folder, cloud.kubeconfig)
        self._processes = Processes(folder / "processes")

    def start(self) -> None:
        """Puts the charts in, and the controllers with their own tokens in the place of those with the admin's."""
        plane = self.cloud.demo.control_plane
        plane.processes.stop("control-plane", 30.0)
        self.kubectl.run("delete", WEBHOOK, "hardpan")
        values = (f"cluster={self.cloud.demo.site.cluster}", "queueUrl=rediss://queue.example:6380")
        given: dict[str, tuple[str, ...]] = {"hardpan-crds": (), "hardpan": values}
        for chart, each in given.items():
            words = ("upgrade", "--install", chart, str(CHARTS / chart), "--namespace", NAMESPACE)
            self._helm.run(*words, "--take-ownership", *sets(each))
        # No pod listens behind the Service of the chart's own.
        self.kubectl.run("delete", WEBHOOK, "hardpan")
        self.kubectl.apply(yaml.safe_dump(plane.webhook()))
        settings = {**environment(), **plane.settings()}
        for role in ROLES:
            program = [sys.executable, "-m", "controllers", role]
            self._processes.start(role, program, {**settings, "KUBECONFIG": str(self._kubeconfig(role))})

    def stop(self) -> None:
        """Ends them."""
        for role in ROLES:
            self._processes.stop(role, 30.0)

    def apply(self, name: str, script: str, params: dict[str, Any], revision: int = 1) -> None:
        """Applies a signed deployment, as soon as the webhook listens."""
        manifest = self.cloud.author.manifest(name, script, params, datetime.now(UTC), revision)
        self.cloud.demo.wait(lambda: self._apply(manifest), "the webhook", self.logs)

    def deploy(self, name: str, script: str, params: dict[str, Any], revision: int = 1) -> dict[str, Any]:
        """Applies a signed deployment and waits until it is Ready."""
        self.apply(name, script, params, revision)

        def ready() -> dict[str, Any] | None:
            found = self.kubectl.get("deployments.hardpan.dev", name, self.cloud.author.namespace)
            return found if found and is_current(found) and condition(found, "Ready") == "True" else None

        found: dict[str, Any] = self.cloud.demo.wait(ready, f"deployment {name}", self.logs)
        return found

    def logs(self) -> str:
        """What the controllers said last."""
        return "\n".join(f"{role}: {self._processes.last_words(role)}" for role in ROLES)

    def refusals(self) -> list[str]:
        """Every line of a log that tells of a right that was lacking."""
        lines = [line for role in ROLES for line in self._processes.log(role).read_text().splitlines()]
        return [line for line in lines if re.search(r"forbidden|403|only the supervisor|are our contr", line, re.I)]

    def _apply(self, manifest: dict[str, Any]) -> bool | None:
        try:
            self.kubectl.apply(yaml.safe_dump(manifest))
        except CliError as error:
            if "connect" in str(error):
                return None
            raise
        return True

    def _kubeconfig(self, role: str) -> Path:
        token = token_of(self.kubectl, f"hardpan-{role}", NAMESPACE)
        return kubeconfig_of(self.cloud.kubeconfig, token, self._folder / f"{role}.kubeconfig")


@contextmanager
def own_tokens(program: Path) -> Iterator[OwnTokens]:
    """One with a simulated node, for as long as the block lasts."""
    with TemporaryDirectory(prefix="hardpan-rights-") as folder:
        cloud = BenchCloud(Path(folder))
        made = OwnTokens(cloud, program, Path(folder) / "own")
        try:
            cloud.up(1)
            made.start()
            yield made
        finally:
            made.stop()
            cloud.down()
