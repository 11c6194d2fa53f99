"""A real controller with kinds of an older release: it says so, is not ready, and goes on once they are upgraded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from cli.demo.control import CRDS
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.ports import kept_ports
from cli.kubectl import Kubectl

ROOT = Path(__file__).parents[2]
KIND = "deployments.hardpan.dev"
SAYS = f"CRD {KIND} is of version 0.0.9, this program needs "
SECONDS = 40.0


def test_a_controller_waits_for_the_kinds_of_its_version_and_says_so(
    kubectl: Kubectl, kubernetes: EmbeddedKubernetes, tmp_path: Path
) -> None:
    port = kept_ports(tmp_path / "ports.json", ("monitor",))["monitor"]
    settings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HARDPAN_")},
        "KUBECONFIG": str(kubernetes.kubeconfig),
        "HARDPAN_NAMESPACE": "default",
        "HARDPAN_CLUSTER": "sha256:" + "0" * 64,
        "HARDPAN_MONITOR": f"127.0.0.1:{port}",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'node-agent'}",
    }
    older = ("hardpan.dev/version=0.0.9", "hardpan.dev/schemas=less")
    kubectl.run("annotate", "customresourcedefinition", KIND, "--overwrite", *older)
    words = [sys.executable, "-m", "controllers", "coord"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=settings, stderr=log)
    try:
        assert probe(port, 503, SAYS).startswith(SAYS)
        said = [line for line in (tmp_path / "log").read_text().splitlines() if "does not work yet" in line]
        assert len(said) == 1
        assert f"coord does not work yet: {SAYS}" in said[0]
        kubectl.apply((CRDS / "deployment.yaml").read_text())
        probe(port, 200, "working")
    finally:
        kubectl.apply((CRDS / "deployment.yaml").read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def probe(port: int, code: int, words: str) -> str:
    """What the probe says, once it answers so with these words."""
    deadline, last = time.monotonic() + SECONDS, "nothing"
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False)
            last = f"{answer.status_code} {answer.text}"
            if answer.status_code == code and answer.text.startswith(words):
                return answer.text
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the probe is not {code} {words}: {last}")
