"""A controller's process imports nothing that its work does not need: each such import is MiB that every pod pays."""

from __future__ import annotations

import subprocess
import sys

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
