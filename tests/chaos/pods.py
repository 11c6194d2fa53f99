"""`python -m tests.chaos.pods`: rollouts of fifty machines while the pods of the control plane are taken away.

Real pods from our image, installed by helm, two of each controller; simulated nodes with real agents, executors and
journals. In each round a new revision changes every machine, and pods are deleted by force: one after the other, all
at once, or those that lead. In two more rounds helm upgrades to the next release, which is another program, and back.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.cloud import BenchCloud
from cli.demo.pods.cluster import PodsKubernetes
from sal.command import SystemRunner
from tests.chaos.pods_next_release import NextRelease
from tests.chaos.pods_rollouts import Rollouts

NODES = 5


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
        following = NextRelease(Path(folder) / "next", SystemRunner())
        try:
            cloud.up(NODES)
            give(cloud, following)
            rollouts = Rollouts(cloud, following, asked.machines, random.Random(asked.seed))
            rollouts.double()
            hurts = planned(rollouts, asked.rounds)
            for number, hurt in enumerate(hurts, 1):
                seconds = rollouts.play(number, hurt)
                print(f"round {number}: {hurt.__name__.replace('_', ' ')}, Ready after {seconds:.1f} s", flush=True)
            found = list(twice(Path(folder) / "simulated", asked.machines, len(hurts)))
        finally:
            cloud.down()
    counted = f"{asked.machines} machines, {len(hurts)} revisions, {len(rollouts.leaders)} leaders"
    print("\n".join(found) or f"{counted}: no start twice, none left out")
    return 1 if found else 0


def give(cloud: BenchCloud, release: NextRelease) -> None:
    """Kubernetes has the release's image."""
    cluster = cloud.demo.kubernetes
    assert isinstance(cluster, PodsKubernetes)
    release.make()
    file = cloud.demo.layout.folder / "next.tar"
    release.write_image(file)
    cluster.load_image(file)


def planned(rollouts: Rollouts, rounds: int) -> list[Callable[[], None]]:
    """What happens in each round."""
    deaths = (rollouts.one_by_one, rollouts.all_at_once, rollouts.all_that_lead)
    return [*(deaths[number % len(deaths)] for number in range(rounds)), rollouts.upgrade, rollouts.roll_back]


if __name__ == "__main__":
    sys.exit(main())
