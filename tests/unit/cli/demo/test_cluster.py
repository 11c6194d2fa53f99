"""The demo takes the Kubernetes that the user has, and says what is wrong with it; else it brings its own."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from cli.demo import cluster
from cli.demo.existing import ExistingKubernetes
from cli.demo.k3s import K3s
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.ports import kept_ports
from cli.demo.tools import Tools
from sal.command import Command, Output
from sal.errors import SalError


class NoPrograms:
    """A machine on which nothing may be run."""

    def run(self, command: Command) -> Output:
        raise AssertionError(f"ran {command}")


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports as if they were free, tools as if they were built."""
    monkeypatch.setattr("cli.demo.ports.free_ports", lambda count: list(range(20_000, 20_000 + count)))
    monkeypatch.setattr(
        cluster,
        "ensure_tools",
        lambda runner: Tools(Path("/cache/kube"), Path("/cache/etcd"), Path("/cache/helm"), Path("/cache/coredns")),
    )


def choose(folder: Path, **environment: str) -> cluster.Kubernetes:
    return cluster.choose_kubernetes(folder, NoPrograms(), durable=False, environment={"PATH": "", **environment})


def test_without_one_it_brings_its_own(tmp_path: Path) -> None:
    chosen = choose(tmp_path)
    assert isinstance(chosen, EmbeddedKubernetes)
    assert chosen.ours
    assert chosen.kubectl == ("/cache/kube", "kubectl")


def test_a_k3s_on_path_is_used(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "k3s"
    program.parent.mkdir()
    program.touch(0o755)
    chosen = choose(tmp_path, PATH=str(program.parent))
    assert isinstance(chosen, K3s)
    assert chosen.kubectl == (str(program), "kubectl")


def test_a_k3s_that_is_named_counts_before_the_one_on_path(tmp_path: Path) -> None:
    assert choose(tmp_path, HARDPAN_K3S="/opt/k3s").label == "Kubernetes of /opt/k3s"


def test_a_kubeconfig_that_is_named_counts_before_all(tmp_path: Path) -> None:
    chosen = choose(tmp_path, HARDPAN_K3S="/opt/k3s", HARDPAN_KUBECONFIG="/etc/mine")
    assert isinstance(chosen, ExistingKubernetes)
    assert chosen.kubeconfig == Path("/etc/mine")
    assert not chosen.ours


def test_k3s_listens_on_loopback_only_and_keeps_all_it_writes_in_the_demos_folder(tmp_path: Path) -> None:
    words = K3s(tmp_path, Path("/opt/k3s"), NoPrograms()).words()
    options = dict(pairwise(words))
    assert words[:3] == ["/opt/k3s", "server", "--disable-agent"]
    assert options["--bind-address"] == "127.0.0.1"
    assert options["--data-dir"] == str(tmp_path / "data")
    assert options["--write-kubeconfig"] == str(tmp_path / "kubeconfig")
    assert options["--https-listen-port"] == str(kept_ports(tmp_path / "ports.json", ("api",))["api"])


def config(file: Path, server: str) -> Path:
    whole = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me"}}],
        "clusters": [{"name": "one", "cluster": {"server": server}}],
    }
    file.write_text(yaml.safe_dump(whole))
    return file


def test_a_cluster_on_another_machine_is_refused_with_the_remedy(tmp_path: Path) -> None:
    chosen = ExistingKubernetes(config(tmp_path / "config", "https://10.1.2.3:6443"), NoPrograms())
    with pytest.raises(SalError, match=r"10\.1\.2\.3.*needs one on this machine.*unset it"):
        chosen.start()


@pytest.mark.parametrize("text", ["", "[]", "{", "current-context: here", "clusters: 3"])
def test_what_is_no_kubeconfig_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(SalError, match=f"{file} is no usable kubeconfig"):
        ExistingKubernetes(file, NoPrograms()).start()
