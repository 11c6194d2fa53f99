"""The programs of a node that runs pods, and the words that they are started with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cli.demo.pods.layout import PodsLayout
from cli.demo.tools import Tools


@dataclass(frozen=True)
class Program:
    """One program, by a name for its log; `socket` is a file whose presence says that it is ready."""

    name: str
    words: Sequence[str]
    socket: str = ""


def programs(layout: PodsLayout, tools: Tools) -> tuple[Program, ...]:
    """In the order in which they start."""
    return (_containerd(layout), _kubelet(layout, tools), _proxy(layout, tools), _dns(layout, tools))


def _containerd(layout: PodsLayout) -> Program:
    words = ("containerd", "--config", str(layout.configuration / "containerd.toml"))
    return Program("containerd", words, str(layout.socket))


def _kubelet(layout: PodsLayout, tools: Tools) -> Program:
    words = (
        str(tools.kube), "kubelet", f"--config={layout.configuration / 'kubelet.yaml'}",
        f"--kubeconfig={layout.kubeconfig('kubelet')}", f"--root-dir={layout.kubelet}",
        f"--hostname-override={layout.name}", f"--node-ip={layout.node.ip}",
    )  # fmt: skip
    return Program("kubelet", words)


def _proxy(layout: PodsLayout, tools: Tools) -> Program:
    """The conntrack settings are the machine's, so that they stay as they are."""
    words = (
        str(tools.kube), "kube-proxy", f"--kubeconfig={layout.kubeconfig('kube-proxy')}",
        f"--hostname-override={layout.name}", "--proxy-mode=iptables", f"--cluster-cidr={layout.pods}",
        "--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
    )  # fmt: skip
    return Program("kube-proxy", words)


def _dns(layout: PodsLayout, tools: Tools) -> Program:
    return Program("coredns", (str(tools.coredns), "-conf", str(layout.configuration / "Corefile")))
