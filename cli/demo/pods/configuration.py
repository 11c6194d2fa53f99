"""The configuration files of containerd, its network, kubelet and DNS. What is needed: reference/k3s.md."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from cli.demo.pki import Pair
from cli.demo.pods.layout import PodsLayout

PAUSE = "hardpan.example/pause:1"
PLUGINS = Path("/usr/lib/cni")
DOMAIN = "cluster.local"
KUBELET_PORT = 10250


def containerd(layout: PodsLayout, snapshotter: str) -> str:
    """A containerd of its own. The restriction lets it run where a process may not lower its OOM score."""
    return f"""version = 2
root = "{layout.containerd}"
state = "/run/containerd-state"
oom_score = 0

[grpc]
  address = "{layout.socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{layout.network}"
"""


def network(layout: PodsLayout) -> str:
    """A bridge with addresses of the pods' network; ports of the node lead to pods that ask for them."""
    ranges = [[{"subnet": str(layout.pods)}]]
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": "/run/cni-addresses",
            "ranges": ranges,
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    plugins = [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]
    return json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": plugins})


def kubelet(layout: PodsLayout, authority: Path, server: Pair) -> str:
    """As little as a node of a demo needs; nothing is thrown away when the machine's disk is nearly full."""
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": str(layout.node.ip),
        "port": KUBELET_PORT,
        "tlsCertFile": str(server.certificate),
        "tlsPrivateKeyFile": str(server.key),
        "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(authority)}},
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{layout.socket}",
        "clusterDomain": DOMAIN,
        "clusterDNS": [str(layout.node.ip)],
        "resolvConf": str(layout.configuration / "resolv.conf"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "enforceNodeAllocatable": [],
        "localStorageCapacityIsolation": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "50Mi"},
        # A change that was seen late would make each test of rotation wait for a minute.
        "syncFrequency": "10s",
    }
    return yaml.safe_dump(config, sort_keys=False)


def dns(layout: PodsLayout) -> str:
    """Names of Services, and no others: there is nothing outside that a pod may ask for."""
    return f"""{DOMAIN}:53 {{
  bind {layout.node.ip}
  ready 127.0.0.1:8181
  errors
  kubernetes {{
    kubeconfig {layout.kubeconfig("dns")}
  }}
}}
"""


def write(layout: PodsLayout, snapshotter: str, authority: Path, server: Pair) -> None:
    """All of them, where the programs look for them."""
    for folder in (layout.configuration, layout.network, layout.logs):
        folder.mkdir(parents=True, exist_ok=True)
    (layout.network / "10-pods.conflist").write_text(network(layout))
    texts = {
        "containerd.toml": containerd(layout, snapshotter),
        "kubelet.yaml": kubelet(layout, authority, server),
        "Corefile": dns(layout),
        "resolv.conf": f"nameserver {layout.node.ip}\n",
    }
    for name, text in texts.items():
        (layout.configuration / name).write_text(text)
