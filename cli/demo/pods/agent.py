"""Brings the node that runs pods up and takes it away: namespaces, cable, control group, and what it is told."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.control_plane import environment
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.pki import Subject
from cli.demo.pods import cgroups, configuration, host, plugin_cache
from cli.demo.pods.layout import PodsLayout
from cli.demo.pods.node import Node
from cli.demo.pods.programs import programs
from cli.demo.processes import Processes
from cli.demo.tools import Tools
from sal.command import Command, Runner

PROCESS = "pods"
ADMINISTRATORS = "system:masters"
UNSHARE = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--net")


class Agent:
    """One node; each method may be repeated."""

    def __init__(self, layout: PodsLayout, runner: Runner, tools: Tools, processes: Processes) -> None:
        self._layout, self._runner, self._tools, self._processes = layout, runner, tools, processes

    def lay(self) -> None:
        """The cable to it, on which the API server can listen before there is a node. What an earlier one left goes."""
        if self._processes.find(PROCESS) is None:
            self.stop()
        host.lay(self._runner, self._layout)

    def start(self, cluster: EmbeddedKubernetes) -> None:
        """Its programs are started; Kubernetes says when it is Ready."""
        if self._processes.find(PROCESS) is not None:
            return
        self._write(cluster)
        cgroups.ensure(self._layout.cgroup)
        file = self._layout.configuration / "node.json"
        told = programs(self._layout, self._tools)
        file.write_text(Node(self._layout.folder, self._layout.name, self._layout.number, told).written())
        words = [*UNSHARE, sys.executable, "-m", "cli.demo.pods.node", str(file)]
        process = self._processes.start(PROCESS, words, environment())
        host.plug_in(self._runner, self._layout, process.pid)

    def stop(self) -> None:
        """Nothing of it is left but its folder."""
        process = self._processes.find(PROCESS)
        if process is not None:
            process.kill()
        self._processes.stop(PROCESS)
        host.remove(self._runner, self._layout)
        cgroups.remove(self._layout.cgroup)
        plugin_cache.remove()

    def _write(self, cluster: EmbeddedKubernetes) -> None:
        layout, address = self._layout, str(self._layout.node.ip)
        layout.pki.mkdir(parents=True, exist_ok=True)
        clients = {
            "kubelet": Subject(f"system:node:{layout.name}", organisation="system:nodes"),
            "kube-proxy": Subject("system:kube-proxy"),
            "dns": Subject("dns", organisation=ADMINISTRATORS),
        }
        for name, subject in clients.items():
            cluster.write_client(layout.kubeconfig(name), subject)
        server = cluster.authority.issue("kubelet", Subject(f"system:node:{layout.name}", addresses=(address,)))
        snapshotter = self._snapshotter(layout.folder)
        configuration.write(layout, snapshotter, cluster.authority.pair.certificate, server)

    def _snapshotter(self, folder: Path) -> str:
        """Copies of whole images where they cannot lie over each other: an overlay does not lie on an overlay."""
        command = Command(("findmnt", "--noheadings", "--output", "FSTYPE", "--target", str(folder)))
        return "native" if self._runner.run(command).text.strip() == "overlay" else "overlayfs"
