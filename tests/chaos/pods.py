"""`python -m tests.chaos.pods`: rollouts of fifty machines while the pods of the control plane are killed.

Real pods from our image, installed by helm; simulated nodes with real agents, executors and journals. In each round a
new revision changes every machine, and every pod is killed, one after the other or, in every second round, all at once.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.cloud import IMAGE_DIGEST, BenchCloud
from cli.demo.cloud import TENANT, condition, is_current
from cli.demo.control import NAMESPACE

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

    def play(self, number: int) -> float:
        """A revision for every machine, and a death for every pod; returns the seconds until all is Ready again."""
        params = {"machines": self._machines, "memory": f"{64 + number}Mi", "image": IMAGE}
        made = self._cloud.author.manifest(NAME, SCRIPT, params, datetime.now(UTC), number, maxUnavailable=10)
        self._kubectl.apply(json.dumps(made))
        began = time.monotonic()
        if number % 2:
            self._one_by_one()
        else:
            time.sleep(PAUSE_SECONDS)
            self._kill(self._pods())
        self._cloud.demo.wait(self._is_ready, f"revision {number}", self._words, PATIENCE_SECONDS)
        return time.monotonic() - began

    def _one_by_one(self) -> None:
        pods = self._pods()
        self._source.shuffle(pods)
        for pod in pods:
            self._kill([pod])
            time.sleep(PAUSE_SECONDS)

    def _pods(self) -> list[str]:
        found = self._kubectl.list("pods", NAMESPACE, "app.kubernetes.io/component notin (certificates)")
        return sorted(each["metadata"]["name"] for each in found)

    def _kill(self, pods: list[str]) -> None:
        """SIGKILL at once, without a word to the process."""
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
            for number in range(1, asked.rounds + 1):
                how = "one by one" if number % 2 else "all at once"
                print(f"round {number}: pods killed {how}, Ready after {rollouts.play(number):.1f} s", flush=True)
            found = list(twice(Path(folder) / "simulated", asked.machines, asked.rounds))
        finally:
            cloud.down()
    print("\n".join(found) or f"{asked.machines} machines, {asked.rounds} revisions: no start twice, none left out")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
