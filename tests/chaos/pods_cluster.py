"""The pods of an installation as a storm sees them: which there are, who leads, and of which release each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from cli.demo.control import NAMESPACE
from cli.kubectl import Kubectl

CONTROLLERS = "app.kubernetes.io/component notin (certificates, redis)"
BUILD, MONITOR_PORT = "hardpan_build_info", 9090


@dataclass(frozen=True)
class Pods:
    """Looked at through kubectl, and at the pods' own addresses."""

    kubectl: Kubectl

    def all(self) -> list[str]:
        """Redis too."""
        found = self.kubectl.list("pods", NAMESPACE, "app.kubernetes.io/component notin (certificates)")
        return sorted(each["metadata"]["name"] for each in found)

    def leaders(self) -> list[str]:
        """One of each part that leads; the lease's holder begins with its pod's name."""
        pods = self.all()
        return [pod for holder in self.holders().values() for pod in pods if holder.startswith(f"{pod}-")]

    def holders(self) -> dict[str, str]:
        """Who holds which lease."""
        found = self.kubectl.list("leases.coordination.k8s.io", NAMESPACE)
        return {each["metadata"]["name"]: each["spec"].get("holderIdentity") or "" for each in found}

    def releases(self) -> set[str]:
        """Of which releases the controllers are that run, as each says of itself."""
        found = self.kubectl.list("pods", NAMESPACE, CONTROLLERS)
        return {_release(each["status"]["podIP"]) for each in found if _stays(each)}

    def delete(self, pods: list[str]) -> None:
        """The objects are gone at once; kubelet leaves the processes a second or two."""
        words = ("--namespace", NAMESPACE, "--grace-period=0", "--force", "--wait=false", "--ignore-not-found")
        self.kubectl.run("delete", "pods", *words, *pods)


def _stays(pod: dict[str, Any]) -> bool:
    return pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]


def _release(address: str) -> str:
    told = httpx.get(f"http://{address}:{MONITOR_PORT}/metrics", trust_env=False, timeout=10).text
    [build] = [each for each in text_string_to_metric_families(told) if each.name == BUILD]
    return build.samples[0].labels["version"]
