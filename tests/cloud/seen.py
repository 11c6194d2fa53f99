"""What there is of an installation: its pods, the objects of our kinds, its Secrets, and what its nodes did."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from cli.demo.cloud import DemoCloud
from crds.kinds import KINDS

OURS = ",".join(f"{kind.plural}.hardpan.dev" for kind in KINDS)


@dataclass(frozen=True)
class Seen:
    """Each look is a new one."""

    demo: DemoCloud
    namespace: str

    def components(self) -> dict[str, int]:
        """How many pods of each part run."""
        found = self.demo.kubectl.list("pods", self.namespace, "app.kubernetes.io/component notin (certificates)")
        parts = [each["metadata"]["labels"]["app.kubernetes.io/component"] for each in found if is_running(each)]
        return {part: parts.count(part) for part in parts}

    def objects(self) -> list[str]:
        """Everything of our kinds, `kind/name`."""
        return [f"{each['kind']}/{each['metadata']['name']}" for each in self.demo.kubectl.list(OURS)]

    def await_gone(self, name: str) -> None:
        """Until there is no such object."""
        self.demo.wait(lambda: True if name not in self.objects() else None, f"the end of {name}", lambda: "")

    def secrets(self) -> set[str]:
        """The Secrets of the namespace, but helm's own."""
        found = self.demo.kubectl.list("secrets", self.namespace)
        return {each["metadata"]["name"] for each in found if not each["type"].startswith("helm.sh/")}

    def data(self, name: str) -> dict[str, bytes]:
        """What is in a Secret."""
        found = self.demo.kubectl.get("secret", name, self.namespace) or {}
        return {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}

    def effects(self) -> list[str]:
        """What the node did with machines, by its own log."""
        states = self.demo.layout.folder / "simulated"
        logs = [file.read_text() for file in states.glob("*/state/journal/effects*.jsonl")]
        found = [json.loads(line)["effect"] for log in logs for line in log.splitlines()]
        return [each for each in found if each.startswith("machine.")]


def is_running(pod: dict[str, Any]) -> bool:
    """Whether it runs and is not about to end."""
    return pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
