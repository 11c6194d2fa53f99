"""Rounds of a storm over pods: in each a new revision changes every machine, and something happens to the pods."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bench.cloud import IMAGE_DIGEST, BenchCloud
from cli.demo.conditions import condition, is_current
from cli.demo.control import NAMESPACE
from cli.demo.people import TENANT
from cli.demo.pods.plane import PodPlane
from cli.demo.pods.values import values
from crds.stamps import RELEASE
from tests.chaos.pods_cluster import Pods
from tests.chaos.pods_next_release import NextRelease

NAME = "fifty"
IMAGE = f"https://images.example/none.raw#sha256={IMAGE_DIGEST}"
SCRIPT = """
for i in 0..params.machines {
  machine(`m-${i}`, #{ memory: params.memory, disk: "64Mi", image: params.image });
}
"""
REPLICAS = 2
PARTS = ("ledger", "coord", "supervisor", "gateway", "admission")
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 2.0


class Rollouts:
    """One cloud; each `play` is a round."""

    def __init__(self, cloud: BenchCloud, next_release: NextRelease, machines: int, source: random.Random) -> None:
        self._cloud, self._next, self._machines, self._source = cloud, next_release, machines, source
        self._kubectl, self._pods = cloud.demo.kubectl, Pods(cloud.demo.kubectl)
        plane = cloud.demo.plane
        assert isinstance(plane, PodPlane)
        self._helm = plane.helm
        self.leaders: set[str] = set()

    def play(self, number: int, hurt: Callable[[], None]) -> float:
        """A revision for every machine while this is done; returns the seconds until all is Ready again."""
        params = {"machines": self._machines, "memory": f"{64 + number}Mi", "image": IMAGE}
        made = self._cloud.author.manifest(NAME, SCRIPT, params, datetime.now(UTC), number, maxUnavailable=10)
        self._kubectl.apply(json.dumps(made))
        began = time.monotonic()
        hurt()
        self._cloud.demo.wait(self._is_ready, f"revision {number}", self._words, PATIENCE_SECONDS)
        self.leaders |= set(self._pods.holders().values()) - {""}
        return time.monotonic() - began

    def double(self) -> None:
        """Two pods of each controller, so that one stands by."""
        self._helm.install("hardpan", NAMESPACE, self._values())

    def one_by_one(self) -> None:
        """Every pod has its turn."""
        pods = self._pods.all()
        self._source.shuffle(pods)
        for pod in pods:
            self._pods.delete([pod])
            time.sleep(PAUSE_SECONDS)

    def all_at_once(self) -> None:
        """No pod is left."""
        time.sleep(PAUSE_SECONDS)
        self._pods.delete(self._pods.all())

    def all_that_lead(self) -> None:
        """Those that stand by take over."""
        time.sleep(PAUSE_SECONDS)
        leaders = self._pods.leaders()
        assert leaders, "nobody leads"
        self._pods.delete(leaders)

    def upgrade(self) -> None:
        """The next release, kinds first. Raises AssertionError unless its program runs in every pod."""
        next_helm = replace(self._helm, charts=self._next.charts)
        next_helm.install("hardpan-crds", NAMESPACE)
        next_helm.install("hardpan", NAMESPACE, self._values())
        assert self._pods.releases() == {self._next.version}

    def roll_back(self) -> None:
        """The release as it was before, under kinds that are newer. Raises AssertionError unless all pods run it."""
        self._helm.roll_back("hardpan", NAMESPACE)
        assert self._pods.releases() == {RELEASE}

    def _values(self) -> Path:
        layout = self._cloud.demo.layout
        chosen = yaml.safe_load(values(self._cloud.demo.site.cluster, layout.address))
        for part in PARTS:
            chosen[part]["replicas"] = REPLICAS
        file = layout.folder / "doubled.yaml"
        file.write_text(yaml.safe_dump(chosen))
        return file

    def _is_ready(self) -> bool | None:
        found = self._kubectl.get("deployments.hardpan.dev", NAME, TENANT)
        return True if found and is_current(found) and condition(found, "Ready") == "True" else None

    def _words(self) -> str:
        return self._kubectl.run("get", "pods,deployments.hardpan.dev", "--all-namespaces", "--output=wide")
