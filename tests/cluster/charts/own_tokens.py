"""The controllers as processes, each with the token that its pod would have, over a simulated node."""

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
from cli.demo.cloud import DemoCloud
from cli.demo.conditions import condition, is_current
from cli.demo.control import ControlPlane
from cli.demo.layout import Layout
from cli.errors import CliError
from sal.command import Command, SystemRunner
from tests.cluster.charts.account import kubeconfig_of, token_of
from tests.cluster.charts.helm import CHARTS, NAMESPACE, Helm, sets

ROLES = ("ledger", "coord", "supervisor", "admission", "gateway")
WEBHOOK = "validatingwebhookconfiguration"


class OwnPlane(ControlPlane):
    """Controllers with the rights that the charts give them, and no others."""

    def __init__(self, demo: DemoCloud, program: Path) -> None:
        super().__init__(demo.layout, demo.site, demo.kubectl)
        self._demo, self._helm = demo, Helm(program, demo.layout.folder, demo.layout.kubeconfig)

    def start_controllers(self) -> None:
        """Puts the charts in, then starts them, and waits for none: who needs one asks again."""
        self.install()
        # No pod listens behind the Service of the chart's own.
        self._demo.kubectl.run("delete", WEBHOOK, "hardpan")
        self._demo.kubectl.apply(yaml.safe_dump(self.webhook()))
        for role in ROLES:
            self.processes.start(role, [sys.executable, "-m", "controllers", role], self.settings_of(role))

    def install(self, *more: str) -> None:
        """Both charts, with these values besides what they need; a webhook by URL is nothing that helm can change."""
        self._demo.kubectl.run("delete", WEBHOOK, "hardpan", "--ignore-not-found")
        values = (f"cluster={self._demo.site.cluster}", "queueUrl=rediss://queue.example:6380", *more)
        given: dict[str, tuple[str, ...]] = {"hardpan-crds": (), "hardpan": values}
        for chart, each in given.items():
            words = ("upgrade", "--install", chart, str(CHARTS / chart), "--namespace", NAMESPACE)
            self._helm.run(*words, "--take-ownership", *sets(each))

    def settings_of(self, role: str) -> dict[str, str]:
        """The environment of a role, with its own token."""
        token = token_of(self._demo.kubectl, f"hardpan-{role}", NAMESPACE)
        file = self._demo.layout.folder / f"{role}.kubeconfig"
        own = kubeconfig_of(self._demo.layout.kubeconfig, token, file)
        return {**environment(), **self.settings(), "KUBECONFIG": str(own)}

    def stop(self) -> None:
        """Ends them and the queue."""
        for role in ROLES:
            self.processes.stop(role, 30.0)
        super().stop()


class OwnDemo(DemoCloud):
    """At an address of its own, so that a benchmark may run beside it."""

    def __init__(self, folder: Path, program: Path) -> None:
        super().__init__(Layout(folder, "hprights", "fd68:7264:4167"), SystemRunner(), durable=False)
        self._program = program

    @property
    def control_plane(self) -> OwnPlane:
        """See DemoCloud."""
        return OwnPlane(self, self._program)


class OwnTokens(BenchCloud):
    """The cloud with the words that the tests use."""

    def __init__(self, folder: Path, program: Path) -> None:
        super().__init__(folder)
        self.demo: OwnDemo = OwnDemo(folder, program)
        self.kubectl = self.demo.kubectl

    def apply(self, name: str, script: str, params: dict[str, Any], revision: int = 1) -> None:
        """Applies a signed deployment, as soon as the webhook listens."""
        manifest = self.author.manifest(name, script, params, datetime.now(UTC), revision)
        self.demo.wait(lambda: self._apply(manifest), "the webhook", self.logs)

    def deploy(self, name: str, script: str, params: dict[str, Any], revision: int = 1) -> None:
        """Applies a signed deployment and waits until it is Ready."""
        self.apply(name, script, params, revision)

        def ready() -> bool | None:
            found = self.kubectl.get("deployments.hardpan.dev", name, self.author.namespace)
            return (found is not None and is_current(found) and condition(found, "Ready") == "True") or None

        self.demo.wait(ready, f"deployment {name}", self.logs)

    def run_once(self, role: str, **settings: str) -> str:
        """Runs a role that ends by itself, with its own token; returns what it logged. Raises CommandError."""
        words = (sys.executable, "-m", "controllers", role)
        given = {**self.demo.control_plane.settings_of(role), **settings}
        return SystemRunner().run(Command(words, environment=given, timeout_seconds=110.0)).stderr.decode()

    def logs(self) -> str:
        """What the controllers said last."""
        return "\n".join(f"{role}: {self.demo.control_plane.processes.last_words(role)}" for role in ROLES)

    def refusals(self) -> list[str]:
        """Every line of a log that tells of a right that was lacking."""
        files = [self.demo.control_plane.processes.log(role) for role in ROLES]
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [line for line in lines if re.search(r"forbidden|\b403\b|only the supervisor|are our contr", line, re.I)]

    def _apply(self, manifest: dict[str, Any]) -> bool | None:
        try:
            self.kubectl.apply(yaml.safe_dump(manifest))
        except CliError as error:
            if "failed calling webhook" in str(error):
                return None
            raise
        return True


@contextmanager
def own_tokens(program: Path) -> Iterator[OwnTokens]:
    """One with a simulated node, for as long as the block lasts."""
    with TemporaryDirectory(prefix="hardpan-rights-") as folder:
        made = OwnTokens(Path(folder), program)
        try:
            made.up(1)
            yield made
        finally:
            made.down()
