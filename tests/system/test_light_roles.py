"""A controller's process imports nothing that its work does not need: each such import is MiB that every pod pays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controllers.__main__ import ROLES

pytestmark = pytest.mark.system
IMPORTING = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sys.modules)"
# The command line; a Kubernetes client that kopf takes in when it is there; the engine, which only a child runs.
NEVER = {"cli", "typer", "kubernetes", "plans.evaluate", "plans.language"}
# X.509 costs ten MiB: it comes with the first node, or the first machine with a TPM.
LATER = {"ledger": {"cryptography.hazmat"}, "supervisor": {"cryptography.hazmat"}}


@pytest.mark.parametrize("role", ["ledger", "coord", "supervisor", "gateway", "admission"])
def test_a_role_starts_without_what_it_may_never_need(role: str) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTING, ROLES[role]], capture_output=True, text=True, timeout=100)
    imported = set(done.stdout.split())
    assert "controllers.loop" in imported, done.stderr
    assert (NEVER | LATER.get(role, set())) & imported == set()


def test_a_role_of_the_command_line_becomes_that_process(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "cli.main", "coord"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HARDPAN_MONITOR": "nowhere"}
    environment["HARDPAN_CLUSTER"] = "sha256:0"
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.stderr.startswith("coord does not start: HARDPAN_MONITOR is 'nowhere'")
    assert done.returncode == 1
