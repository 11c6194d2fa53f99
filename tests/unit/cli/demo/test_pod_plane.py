"""The demo's control plane in pods: our chart takes its values, and nodes find what it exposes."""

from __future__ import annotations

import base64
import json
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import yaml

from charts.values.model import Values
from cli.demo.helm import Helm
from cli.demo.layout import Layout
from cli.demo.pods.cluster import PodsKubernetes
from cli.demo.pods.exposed import Way, words
from cli.demo.pods.plane import WAYS, PodPlane
from cli.demo.pods.values import values
from cli.kubectl import Kubectl
from cli.site import Site
from sal.command import Command, Output

CLUSTER = "sha256:" + "a" * 64
ADDRESS = "fd68:7264:706e::1"


class Recorder:
    """Runs nothing and remembers what it was asked."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def run(self, command: Command) -> Output:
        self.commands.append(command)
        return Output(0, b"", b"")


def plane(folder: Path, runner: Recorder) -> PodPlane:
    helm = Helm(runner, Path("/cache/helm"), folder / "kubeconfig", folder / "helm")
    cluster = cast(PodsKubernetes, SimpleNamespace(node_address=IPv4Address("10.44.0.2")))
    kubectl = Kubectl(runner, folder / "kubeconfig")
    return PodPlane(Layout(folder), Site(folder / "site"), cluster, kubectl, helm, "hardpan-system")


def test_the_chart_takes_the_values() -> None:
    chosen = Values.model_validate(yaml.safe_load(values(CLUSTER, ADDRESS)), strict=False)
    assert chosen.cluster == CLUSTER
    assert chosen.gateway.external_names == [ADDRESS]
    assert {chosen.gateway.service.type, chosen.redis.bundled.service.type} == {"NodePort"}


def test_what_is_exposed_is_what_the_services_offer() -> None:
    chosen = Values.model_validate(yaml.safe_load(values(CLUSTER, ADDRESS)), strict=False)
    offered = {chosen.gateway.service.node_port, chosen.redis.bundled.service.node_port}
    assert {way.port for way in WAYS} == offered


def test_nodes_are_told_the_exposed_gateway(tmp_path: Path) -> None:
    assert plane(tmp_path, Recorder()).gateway == f"https://[{ADDRESS}]:{WAYS[0].port}"


def test_a_way_leads_from_the_demos_address_only() -> None:
    assert words(Way("gateway", 30443), ADDRESS, IPv4Address("10.44.0.2")) == [
        "socat",
        f"TCP6-LISTEN:30443,bind=[{ADDRESS}],reuseaddr,fork,backlog=128",
        "TCP4:10.44.0.2:30443",
    ]


def test_helm_leaves_the_users_own_files_alone(tmp_path: Path) -> None:
    runner = Recorder()
    plane(tmp_path, runner).install_kinds()
    (command,) = runner.commands
    assert command.argv[:4] == ("/cache/helm", "upgrade", "--install", "hardpan-crds")
    assert command.environment["KUBECONFIG"] == str(tmp_path / "kubeconfig")
    homes = [command.environment[f"HELM_{name}_HOME"] for name in ("CACHE", "CONFIG", "DATA")]
    assert homes == [str(tmp_path / "helm")] * 3


def test_the_supervisors_seed_goes_into_a_namespace_of_restricted_pods(tmp_path: Path) -> None:
    runner = Recorder()
    made = plane(tmp_path, runner)
    made.site.supervisor_key.parent.mkdir(parents=True)
    made.site.supervisor_key.write_bytes(b"seed")
    made.give_key()
    space, secret = (cast(dict[str, Any], json.loads(each.input)) for each in runner.commands)
    assert space["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert base64.b64decode(secret["data"]["supervisor.key"]) == b"seed"
