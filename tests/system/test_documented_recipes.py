"""What docs/security.md tells an auditor to type works in a plain shell, without any of our code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.system.requirements import need
from tests.unit.docs.markdown import page
from tests.unit.trust.world import CLUSTER, GENESIS, body, root
from trust.deployment import bytes_to_sign

pytestmark = pytest.mark.system
PAGE = page("docs/security.md")


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a recipe as it is printed; kubectl stands for a cluster that has these files."""
    without_cluster = "\n".join(line for line in script.splitlines() if not line.startswith("kubectl "))
    return subprocess.run(["bash", "-euc", without_cluster], cwd=folder, capture_output=True, text=True, timeout=30)


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder with what the recipe begins with: the accepted body, its signature, the users' keys."""
    need("ssh-keygen")
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", key], check=True)
    message = bytes_to_sign(body())
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "hardpan", "-f", str(key)]
    signature = subprocess.run(words, input=message, capture_output=True, check=True).stdout
    (tmp_path / "body.json").write_bytes(body())
    (tmp_path / "web.sig").write_bytes(signature)
    public = key.with_suffix(".pub").read_text()
    (tmp_path / "allowed_signers").write_text(f'alice namespaces="hardpan" {public}')
    return tmp_path


def test_an_auditor_makes_the_signed_bytes_and_plain_ssh_keygen_agrees(signed: Path) -> None:
    done = shell(PAGE.after("recipe: signed bytes"), signed)
    assert (signed / "web.signed-bytes").read_bytes() == bytes_to_sign(body())
    assert done.returncode == 0, done.stderr
    assert 'Good "hardpan" signature for alice' in done.stdout


def test_an_auditor_sees_a_changed_body(signed: Path) -> None:
    changed = (signed / "body.json").read_bytes().replace(b'"revision":7', b'"revision":8')
    assert changed != body()
    (signed / "body.json").write_bytes(changed)
    assert shell(PAGE.after("recipe: signed bytes"), signed).returncode != 0


def test_an_auditor_computes_the_cluster_id(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(root(GENESIS, "root-1"))
    done = shell(PAGE.after("recipe: cluster id"), tmp_path)
    assert done.stdout.split()[0] == CLUSTER.removeprefix("sha256:")
