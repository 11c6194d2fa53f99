"""Of two replicas of a real controller one leads; when it goes, the other leads soon, with a higher number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.ports import kept_ports
from cli.kubectl import Kubectl

ROOT = Path(__file__).parents[2]
PORTS = ("monitor", "ledger")


@dataclass
class Replica:
    """A controller of the one installation, which may lead or stand by."""

    process: subprocess.Popen[bytes]
    monitor: int

    def await_standing(self, words: str) -> None:
        """Waits until its probe says so."""
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self.monitor}/readyz", trust_env=False).text == words:
                    return
            time.sleep(0.1)
        pytest.fail(f"a replica is not {words}")

    def end(self, number: int) -> float:
        """Ends it; returns when it was gone."""
        self.process.send_signal(number)
        self.process.wait(20)
        return time.monotonic()


class Pair:
    """Two replicas of one role."""

    def __init__(self, role: str, kubectl: Kubectl, environment: dict[str, str], folder: Path) -> None:
        self.role, self._kubectl, self._environment, self._folder = role, kubectl, environment, folder
        self.replicas: list[Replica] = []

    def start(self) -> Replica:
        """Starts one more."""
        ports = kept_ports(self._folder / f"{self.role}-{len(self.replicas)}.json", PORTS)
        own = {
            "HARDPAN_MONITOR": f"127.0.0.1:{ports['monitor']}",
            "HARDPAN_LEDGER_LISTEN": f"127.0.0.1:{ports['ledger']}",
        }
        words = [sys.executable, "-m", "controllers", self.role]
        with (self._folder / f"{self.role}-{len(self.replicas)}.log").open("wb") as log:
            process = subprocess.Popen(words, cwd=ROOT, env={**self._environment, **own}, stderr=log)
        replica = Replica(process, ports["monitor"])
        self.replicas.append(replica)
        return replica

    def lease(self) -> tuple[str, int]:
        """Who leads, and by which number."""
        found = self._kubectl.get("leases.coordination.k8s.io", f"hardpan-{self.role}", "default")
        spec = found["spec"] if found else {}
        return spec.get("holderIdentity") or "", int(spec.get("leaseTransitions") or 0)

    def await_leader(self, other_than: str, seconds: float) -> float:
        """When somebody else led, by the clock of this machine."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            holder, _ = self.lease()
            if holder and holder != other_than:
                return time.monotonic()
            time.sleep(0.05)
        pytest.fail(f"nobody leads {self.role} within {seconds:g} s")

    def stop(self) -> None:
        """Ends what still runs."""
        for each in self.replicas:
            each.process.kill()
            each.process.wait(10)


@pytest.fixture
def pairs(kubectl: Kubectl, kubernetes: EmbeddedKubernetes, tmp_path: Path) -> Iterator[Sequence[Pair]]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HARDPAN_")},
        "KUBECONFIG": str(kubernetes.kubeconfig),
        "HARDPAN_NAMESPACE": "default",
        "HARDPAN_CLUSTER": "sha256:" + "0" * 64,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'node-agent'}",
    }
    made = [Pair(role, kubectl, environment, tmp_path) for role in ("ledger", "coord")]
    yield made
    for each in made:
        each.stop()


def lead_and_stand_by(pair: Pair) -> tuple[Replica, str, int]:
    """One replica that leads and one that stands by, both settled."""
    first = pair.start()
    first.await_standing("working")
    pair.start().await_standing("standing by")
    holder, number = pair.lease()
    return first, holder, number


def test_after_a_crash_the_other_leads_within_fifteen_seconds(pairs: Sequence[Pair]) -> None:
    settled = [(pair, *lead_and_stand_by(pair)) for pair in pairs]
    gone = [first.end(signal.SIGKILL) for _, first, _, _ in settled]
    for (pair, _, holder, number), since in zip(settled, gone, strict=True):
        assert pair.await_leader(holder, 20) - since <= 15
        assert pair.lease()[1] > number


def test_after_a_clean_end_the_other_leads_within_two_seconds(pairs: Sequence[Pair]) -> None:
    for pair in pairs:
        first, holder, number = lead_and_stand_by(pair)
        gone = first.end(signal.SIGTERM)
        assert first.process.returncode == 0
        assert pair.await_leader(holder, 20) - gone <= 2
        assert pair.lease()[1] > number
