"""What the node that runs pods is told: its own addresses and folder only, restricted to what a demo may."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml

from cli.demo.pki import Pair
from cli.demo.pods import cgroups, configuration, images, plugin_cache
from cli.demo.pods.layout import PodsLayout
from cli.demo.pods.node import Node, read
from cli.demo.pods.programs import programs
from cli.demo.tools import Tools

LONGEST_LINK = 15
TOOLS = Tools(*(Path("/cache") / name for name in ("kube", "etcd", "helm", "coredns")))


def layout(folder: Path = Path("/pods"), number: int = 3) -> PodsLayout:
    return PodsLayout(folder, "hpdemo", number)


def test_two_clusters_share_no_address_and_no_link() -> None:
    one, other = layout(number=1), PodsLayout(Path("/pods"), "hptest", 2)
    for network in ("services", "pods"):
        assert not getattr(one, network).overlaps(getattr(other, network))
    assert not one.host.network.overlaps(other.host.network)
    assert one.cable != other.cable


def test_host_and_node_are_at_both_ends_of_one_cable() -> None:
    assert layout().node.ip in layout().host.network
    assert layout().node.ip != layout().host.ip


@pytest.mark.parametrize("link", [layout().cable, layout().loose_end])
def test_a_links_name_is_one_that_the_kernel_takes(link: str) -> None:
    assert len(link) <= LONGEST_LINK


def test_containerd_keeps_all_of_it_in_the_folder_and_lowers_no_score() -> None:
    config = tomllib.loads(configuration.containerd(layout(), "native"))
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert config["root"].startswith("/pods/")
    assert config["grpc"]["address"] == str(layout().socket)
    assert cri["restrict_oom_score_adj"] is True
    assert cri["containerd"]["snapshotter"] == "native"
    assert cri["sandbox_image"] == configuration.PAUSE


def test_pods_get_addresses_of_their_network_only() -> None:
    bridge, ports = json.loads(configuration.network(layout()))["plugins"]
    assert bridge["ipam"]["ranges"] == [[{"subnet": str(layout().pods)}]]
    assert ports["capabilities"] == {"portMappings": True}


def test_the_kubelet_answers_nobody_without_a_certificate_or_token() -> None:
    config = yaml.safe_load(configuration.kubelet(layout(), Path("/ca.crt"), Pair(Path("/k.crt"), Path("/k.key"))))
    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["authorization"] == {"mode": "Webhook"}
    assert config["address"] == str(layout().node.ip)


def test_names_are_answered_at_the_address_that_pods_ask() -> None:
    config = yaml.safe_load(configuration.kubelet(layout(), Path("/ca.crt"), Pair(Path("/k.crt"), Path("/k.key"))))
    assert f"bind {config['clusterDNS'][0]}\n" in configuration.dns(layout())


def test_containerd_is_first_and_says_when_it_is_ready() -> None:
    first, *others = programs(layout(), TOOLS)
    assert (first.name, first.socket) == ("containerd", str(layout().socket))
    assert [each.name for each in others] == ["kubelet", "kube-proxy", "coredns"]


def test_the_first_process_reads_what_it_was_told(tmp_path: Path) -> None:
    told = Node(tmp_path, "hpdemo", 3, programs(layout(tmp_path), TOOLS))
    file = tmp_path / "node.json"
    file.write_text(told.written())
    held = read(file)
    assert (held.folder, held.name, held.number) == (told.folder, told.name, told.number)
    assert [tuple(each.words) for each in held.programs] == [tuple(each.words) for each in told.programs]


def trees(root: Path) -> tuple[Path, Path]:
    """Control groups of version 1, as the kernel shows them, beside one tree of version 2."""
    processors, unified = root / "cpuset", root / "unified"
    for tree in (processors, unified):
        tree.mkdir()
    (processors / "cpuset.cpus").write_text("0-1\n")
    (unified / "cgroup.controllers").write_text("cpu memory\n")
    (root / "cpu").symlink_to(processors)
    return processors, unified


def test_a_group_of_version_1_may_use_what_its_parent_may(tmp_path: Path) -> None:
    processors, unified = trees(tmp_path)
    cgroups.ensure("mine", tmp_path)
    assert (processors / "mine" / "cpuset.cpus").read_text() == "0-1\n"
    assert (unified / "mine").is_dir()


def test_pods_together_count_for_more_than_one_program(tmp_path: Path) -> None:
    tree = tmp_path / "cpu"
    (tree / "mine").mkdir(parents=True)
    (tree / "mine" / "cpu.shares").write_text("1024\n")
    cgroups.ensure("mine", tmp_path)
    assert int((tree / "mine" / "cpu.shares").read_text()) > 1024


def test_a_group_goes_with_all_below_it_and_no_other(tmp_path: Path) -> None:
    _, unified = trees(tmp_path)
    (unified / "mine" / "pods" / "one").mkdir(parents=True)
    (unified / "theirs").mkdir()
    cgroups.remove("mine", tmp_path)
    assert not (unified / "mine").exists()
    assert (unified / "theirs").exists()


def test_an_image_names_each_part_by_what_is_in_it(tmp_path: Path) -> None:
    program = tmp_path / "busybox"
    program.write_bytes(b"\x7fELF")
    images.write_busybox(tmp_path / "image.tar", "hardpan.example/small:1", program)
    with tarfile.open(tmp_path / "image.tar") as tar:
        held = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]
    index = json.loads(held["index.json"])["manifests"][0]
    assert index["annotations"] == {"io.containerd.image.name": "hardpan.example/small:1"}
    manifest = json.loads(held[blob(index)])
    assert json.loads(held[blob(manifest["config"])])["config"]["User"] == "65532"
    assert blob(manifest["layers"][0]) in held
    assert all(name.endswith(hashlib.sha256(data).hexdigest()) for name, data in held.items() if "blobs" in name)


def blob(descriptor: dict[str, str]) -> str:
    return "blobs/" + descriptor["digest"].replace(":", "/")


def test_the_last_node_takes_the_plugins_folder_away(tmp_path: Path) -> None:
    folder = tmp_path / "cni"
    nodes = [plugin_cache.hold(folder), plugin_cache.hold(folder)]
    for held in nodes:
        plugin_cache.remove(folder)
        assert folder.exists()
        os.close(held)
    plugin_cache.remove(folder)
    assert not folder.exists()


def test_a_plugins_folder_that_somebody_else_uses_stays(tmp_path: Path) -> None:
    (tmp_path / "cni" / "results").mkdir(parents=True)
    plugin_cache.remove(tmp_path / "cni")
    assert (tmp_path / "cni" / "results").exists()
