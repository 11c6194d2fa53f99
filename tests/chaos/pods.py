"""`python -m tests.chaos.pods`: rollouts of fifty machines while the pods of the control plane are taken away.

Real pods from our image, installed by helm; simulated nodes with real agents, executors and journals. In each round a
new revision changes every machine, and every pod is deleted by force, one after the other or, in every second round,
all at once. In two more rounds helm upgrades all pods and rolls back.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench.cloud import IMAGE_DIGEST, BenchCloud
from cli.demo.cloud import TENANT, condition, is_current
from cli.demo.control import NAMESPACE
from cli.demo.pods.plane import PodPlane
from cli.demo.pods.values import values

NAME, NODES = "fifty", 5
IMAGE = f"https://images.example/none.raw#sha256={IMAGE_DIGEST}"
SCRIPT = """
for i in 0..params.machines {
  machine(`m-${i}`, #{ memory: params.memory, disk: "64Mi", image: params.image });
}
"""
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 2.0


class Rollouts:
    """One cloud; each `play` is a round."""

    def __init__(self, cloud: BenchCloud, machines: int, source: random.Random) -> None:
        self._cloud, self._machines, self._source = cloud, machines, source
        self._kubectl = cloud.demo.kubectl
        plane = cloud.demo.plane
        assert isinstance(plane, PodPlane)
        self._helm = plane.helm

    def play(self, number: int, hurt: Callable[[], None]) -> float:
        """A revision for every machine while this is done; returns the seconds until all is Ready again."""
        params = {"machines": self._machines, "memory": f"{64 + number}Mi", "image": IMAGE}
        made = self._cloud.author.manifest(NAME, SCRIPT, params, datetime.now(UTC), number, maxUnavailable=10)
        self._kubectl.apply(json.dumps(made))
        began = time.monotonic()
        hurt()
        self._cloud.demo.wait(self._is_ready, f"revision {number}", self._words, PATIENCE_SECONDS)
        return time.monotonic() - began

    def one_by_one(self) -> None:
        """Every pod has its turn."""
        pods = self._pods()
        self._source.shuffle(pods)
        for pod in pods:
            self._delete([pod])
            time.sleep(PAUSE_SECONDS)

    def all_at_once(self) -> None:
        """No pod is left."""
        time.sleep(PAUSE_SECONDS)
        self._delete(self._pods())

    def upgrade(self) -> None:
        """The release with another log level, so that every controller's pod is replaced."""
        layout = self._cloud.demo.layout
        chosen = layout.folder / "upgraded.yaml"
        installed = values(self._cloud.demo.site.cluster, layout.address)
        chosen.write_text(yaml.safe_dump({**yaml.safe_load(installed), "log": {"level": "DEBUG"}}))
        self._helm.install("hardpan", NAMESPACE, chosen)

    def roll_back(self) -> None:
        """The release as it was before."""
        self._helm.roll_back("hardpan", NAMESPACE)

    def _pods(self) -> list[str]:
        found = self._kubectl.list("pods", NAMESPACE, "app.kubernetes.io/component notin (certificates)")
        return sorted(each["metadata"]["name"] for each in found)

    def _delete(self, pods: list[str]) -> None:
        """The object is gone at once; kubelet leaves the process a second or two."""
        words = ("--namespace", NAMESPACE, "--grace-period=0", "--force", "--wait=false", "--ignore-not-found")
        self._kubectl.run("delete", "pods", *words, *pods)

    def _is_ready(self) -> bool | None:
        found = self._kubectl.get("deployments.hardpan.dev", NAME, TENANT)
        return True if found and is_current(found) and condition(found, "Ready") == "True" else None

    def _words(self) -> str:
        return self._kubectl.run("get", "pods,deployments.hardpan.dev", "--all-namespaces", "--output=wide")


def twice(states: Path, machines: int, revisions: int) -> Iterator[str]:
    """A sentence for each machine that was not started exactly once for each revision, by the nodes' own logs."""
    logs = [file.read_text() for file in states.glob("*/state/journal/effects*.jsonl")]
    lines = [json.loads(line) for log in logs for line in log.splitlines()]
    starts = Counter((each["subject"], each["epoch"], each["generation"]) for each in lines if _starts(each))
    for (subject, epoch, generation), count in sorted(starts.items()):
        if count > 1:
            yield f"{subject} was started {count} times as {epoch}.{generation}"
    by_machine = Counter(subject for subject, _, _ in starts)
    for subject, count in sorted(by_machine.items()):
        if count != revisions:
            yield f"{subject} was started for {count} generations, {revisions} were signed"
    if len(by_machine) != machines:
        yield f"{len(by_machine)} machines were started, {machines} were signed"


def _starts(effect: dict[str, str]) -> bool:
    return effect["effect"] == "machine.start"


def main() -> int:
    """Plays, and says what was done twice or not at all."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.pods", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--machines", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="hardpan-pods-") as folder:
        cloud = BenchCloud(Path(folder), "hpstorm", "fd68:7264:57a0", pods=True)
        try:
            cloud.up(NODES)
            rollouts = Rollouts(cloud, asked.machines, random.Random(asked.seed))
            deaths = [rollouts.all_at_once, rollouts.one_by_one]
            hurts = [deaths[number % 2] for number in range(1, asked.rounds + 1)] + [
                rollouts.upgrade,
                rollouts.roll_back,
            ]
            for number, hurt in enumerate(hurts, 1):
                seconds = rollouts.play(number, hurt)
                print(f"round {number}: {hurt.__name__.replace('_', ' ')}, Ready after {seconds:.1f} s", flush=True)
            found = list(twice(Path(folder) / "simulated", asked.machines, len(hurts)))
        finally:
            cloud.down()
    print("\n".join(found) or f"{asked.machines} machines, {len(hurts)} revisions: no start twice, none left out")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
