"""A real cloud for tests: embedded Kubernetes, Redis, every controller, two nodes in namespaces of their own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from cli.demo.cloud import DemoCloud, down
from cli.demo.conditions import condition, is_current
from cli.demo.control import Options
from cli.demo.layout import Layout
from cli.demo.people import TENANT
from cli.errors import CliError
from cli.manifest import load
from sal.command import SystemRunner

Found = TypeVar("Found")
SCRIPT = """
for i in 0..params.replicas {
  let data = volume(`${params.name}-data-${i}`, #{ size: "32Mi" });
  machine(`${params.name}-${i}`, #{
    memory: params.memory, disk: "64Mi", image: params.image, spread: params.name,
    volumes: [ #{ volume: data, mount: "/data" } ],
  });
}
"""


class Cloud:
    """The cloud with the words that tests use."""

    def __init__(
        self, folder: Path, options: Options | None = None, name: str = "hptest", subnet: str = "fd68:7264:7e57"
    ) -> None:
        layout = Layout(folder, name, subnet)
        options = options or Options(report_interval=1.0)
        self.demo = DemoCloud(layout, SystemRunner(), options, durable=False)
        self.kubectl = self.demo.kubectl
        self.digest = ""
        self.nodes: list[dict[str, Any]] = []
        self._revisions: dict[str, int] = {}

    def up(self) -> None:
        """Brings it up."""
        self.demo.start_kubernetes()
        self.demo.make_site()
        self.digest = self.demo.build_guest()
        self.demo.network.ensure()
        self.demo.control_plane.start_redis()
        self.demo.control_plane.start_controllers()
        for number in (1, 2):
            self.demo.start_node(number)
        self.nodes = self.demo.await_nodes(2)

    def down(self) -> None:
        """Takes it down."""
        down(self.demo)

    def manifest(self, name: str, replicas: int = 1, memory: str = "96Mi", **more: Any) -> Path:
        """A manifest of machines with a volume each, not signed yet."""
        image = f"https://images.example/guest.raw#sha256={self.digest}"
        params = {"name": name, "replicas": replicas, "memory": memory, "image": image, **more.pop("params", {})}
        spec = {"language": 1, "params": params, "script": more.pop("script", SCRIPT), **more}
        metadata = {"name": name, "namespace": TENANT}
        body = {"apiVersion": "hardpan.dev/v1alpha1", "kind": "Deployment", "metadata": metadata, "spec": spec}
        file = self.demo.layout.folder / f"{name}.yaml"
        file.write_text(json.dumps(body, indent=1))
        return file

    def sign(self, file: Path, revision: int | None = None) -> Path:
        """Signs with the next revision of this name."""
        name = load(file).name
        number = revision or self._revisions.get(name, 0) + 1
        self._revisions[name] = max(number, self._revisions.get(name, 0))
        self.demo.sign(number, file)
        return file

    def deploy(self, name: str, replicas: int = 1, **more: Any) -> Path:
        """Signs, applies and waits until it is Ready."""
        file = self.sign(self.manifest(name, replicas, **more))
        self.demo.apply(file)
        self.demo.await_ready(name)
        return file

    def refused(self, file: Path) -> str:
        """What `kubectl apply` says when it is refused."""
        try:
            self.demo.apply(file)
        except CliError as error:
            return str(error)
        raise AssertionError(f"kubectl apply accepted {file.read_text()}")

    def edit(self, file: Path, change: Callable[[dict[str, Any]], None]) -> Path:
        """Changes a manifest without signing it again."""
        content = json.loads(json.dumps(load(file).spec))
        whole = {
            "apiVersion": "hardpan.dev/v1alpha1",
            "kind": "Deployment",
            "metadata": {"name": load(file).name, "namespace": load(file).namespace},
            "spec": content,
        }
        change(whole)
        target = file.with_name(f"edited-{file.name}")
        target.write_text(json.dumps(whole))
        return target

    def deployment(self, name: str) -> dict[str, Any]:
        """The object."""
        found = self.kubectl.get("deployments.hardpan.dev", name, TENANT)
        assert found is not None
        return found

    def is_ready(self, name: str) -> bool:
        """Whether the deployment as it stands is Ready; False while the API server is away."""
        try:
            seen = self.deployment(name)
        except CliError:
            return False
        return is_current(seen) and is_ready(seen)

    def conditions(self, name: str) -> dict[str, tuple[str, str, str]]:
        """The conditions of a deployment: status, reason, message."""
        listed = self.deployment(name).get("status", {}).get("conditions", [])
        return {each["type"]: (each["status"], each["reason"], each["message"]) for each in listed}

    def machines(self, name: str) -> dict[str, dict[str, Any]]:
        """The machines of a deployment by name."""
        found = self.kubectl.list("machines.hardpan.dev", TENANT, f"hardpan.dev/deployment={name}")
        return {each["metadata"]["name"]: each for each in found}

    def processes(self) -> dict[str, int]:
        """The hypervisor processes of this cloud, by the machines' names on the host."""
        found = [self.demo.nodes.machines(number) for number in self.demo.numbers]
        return {host: process.pid for machines in found for host, process in machines.items()}

    def effects(self) -> list[dict[str, Any]]:
        """What the executors of all nodes really did, in order per node."""
        found: list[dict[str, Any]] = []
        for number in (1, 2):
            file = self.demo.nodes.inside(number, self.demo.layout.node(number).mount / "journal" / "effects.jsonl")
            if file.exists():
                found += [{**json.loads(line), "node": number} for line in file.read_text().splitlines()]
        return found

    def eventually(self, look: Callable[[], Found | None], what: str, seconds: float = 60.0) -> Found:
        """What `look` finds; AssertionError, with what the cloud looks like, when it takes too long."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}\n{self.picture()}"
            time.sleep(0.2)
        return found

    def picture(self) -> str:
        """What there is and what everybody said last, for the one who reads why a test failed."""
        listing = self.kubectl.run("get", "hardpan", "--all-namespaces", "--output", "wide")
        said = [
            f"{condition['type']}={condition['status']} {condition['reason']} {condition['message']}"
            for each in self.kubectl.list("deployments.hardpan.dev")
            for condition in each.get("status", {}).get("conditions", [])
        ]
        words = [self.demo.nodes.processes.last_words(f"node-{number}", 8) for number in self.demo.numbers]
        logs = [tail(file) for file in sorted(self.demo.layout.control_plane.glob("*.log"))]
        return "\n".join([listing, *said, *words, *logs])

    def pause(self, seconds: float) -> None:
        """Lets time pass in which nothing should happen."""
        time.sleep(seconds)

    def delete(self, name: str, seconds: float = 60.0) -> None:
        """Deletes a deployment and waits until nothing of it is left."""
        self.kubectl.run("delete", "deployments.hardpan.dev", name, "--namespace", TENANT, f"--timeout={seconds:.0f}s")

    def boots(self, text: str, volume: str = "/data") -> list[int]:
        """The boot numbers that guests printed."""
        return [int(found) for found in re.findall(rf"boot (\d+) of volume {volume}", text)]


def tail(file: Path, lines: int = 8) -> str:
    """The end of a log."""
    return "\n".join([f"{file.name}:", *file.read_text(errors="replace").splitlines()[-lines:]])


def is_ready(seen: dict[str, Any] | None) -> bool:
    """Whether an object says Ready."""
    return seen is not None and condition(seen, "Ready") == "True"
