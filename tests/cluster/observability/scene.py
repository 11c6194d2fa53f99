"""The real controllers over a simulated node, watched by a real Prometheus while deployments come and are refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench.cloud import BenchCloud
from bench.stopwatch import IMAGE
from cli.control_plane import ROLES
from cli.demo.conditions import condition
from cli.demo.ports import is_free
from cli.errors import CliError
from jobs.trace import ENDPOINT
from tests.cluster.observability.collector import Collector
from tests.cluster.observability.prometheus import Prometheus

SCRIPT = """
let data = volume("data", #{ size: "32Mi" });
machine(params.name, #{
  memory: "64Mi", disk: "64Mi", image: params.image, volumes: [ #{ volume: data, mount: "/data" } ],
});
"""
MONITOR = "HARDPAN_MONITOR"


@dataclass(frozen=True)
class Scene:
    """What runs."""

    cloud: BenchCloud
    prometheus: Prometheus
    collector: Collector

    def deploy(self, name: str) -> None:
        """Applies a signed deployment and waits until it is Ready."""
        kubectl, namespace = self.cloud.demo.kubectl, self.cloud.author.namespace
        params = {"image": IMAGE, "name": name}
        script = SCRIPT.replace('"data"', f'"{name}-data"')
        manifest = yaml.safe_dump(self.cloud.author.manifest(name, script, params, datetime.now(UTC)))
        self.cloud.demo.wait(lambda: self._apply(manifest), f"the webhook on {name}", lambda: "")

        def ready() -> bool | None:
            found = kubectl.get("deployments.hardpan.dev", name, namespace)
            return True if found and condition(found, "Ready") == "True" else None

        self.cloud.demo.wait(ready, f"deployment {name}", lambda: "")

    def _apply(self, manifest: str) -> bool | None:
        """Whether it was let in; None while the webhook is too slow, as it is at first on a machine with much to do."""
        try:
            self.cloud.demo.kubectl.apply(manifest)
        except CliError as error:
            if "failed calling webhook" in str(error):
                return None
            raise
        return True

    def forge(self, name: str) -> str:
        """Applies one whose script is not the one that was signed; returns the refusal."""
        manifest = self.cloud.author.manifest(name, SCRIPT, {"image": IMAGE, "name": name}, datetime.now(UTC))
        manifest["spec"]["script"] = 'log("mine");'

        def refused() -> str | None:
            try:
                let_in = self._apply(yaml.safe_dump(manifest))
            except CliError as error:
                return str(error)
            assert not let_in, "a script that nobody signed was let in"
            return None

        found: str = self.cloud.demo.wait(refused, f"the webhook on {name}", lambda: "")
        return found


@contextmanager
def scene() -> Iterator[Scene]:
    """All of it, for as long as the block lasts."""
    first = _free_ports(len(ROLES))
    collector = Collector()
    collector.start()
    os.environ |= {MONITOR: f"127.0.0.1:{first}", ENDPOINT: collector.endpoint}
    targets = {role: f"127.0.0.1:{first + number}" for number, role in enumerate(ROLES)}
    with TemporaryDirectory(prefix="hardpan-watched-") as folder:
        cloud = BenchCloud(Path(folder), "hpwatch", "fd68:7264:77a7")
        prometheus = Prometheus(Path(folder) / "prometheus", targets)
        try:
            cloud.up(1)
            prometheus.start()
            yield Scene(cloud, prometheus, collector)
        finally:
            prometheus.stop()
            cloud.down()
            collector.stop()
            del os.environ[MONITOR], os.environ[ENDPOINT]


def _free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for first in range(21_000, 30_000, count):
        if all(is_free(first + number) for number in range(count)):
            return first
    raise AssertionError(f"no {count} ports in a row are free")
