"""`make demo`: a small cloud on this machine, from nothing to two machines that talk to each other."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli import site as sites
from cli.demo.cluster import choose_kubernetes
from cli.demo.conditions import condition, is_current
from cli.demo.control import CRDS, NAMESPACE, ControlPlane, Options
from cli.demo.guest.build import build
from cli.demo.helm import Helm
from cli.demo.layout import Layout
from cli.demo.medium import MediumContent
from cli.demo.network import DemoNetwork
from cli.demo.nodes import DemoNodes
from cli.demo.people import TENANT, People, active, tenant
from cli.demo.plane import Plane
from cli.demo.pods.cluster import PodsKubernetes
from cli.demo.pods.plane import PodPlane
from cli.demo.tools import cache_folder, ensure_tools
from cli.kubectl import Kubectl
from cli.manifest import load
from cli.pinned import Pinned
from cli.signer import make_key
from cli.signing import prepare, sign
from cli.site import Site
from crds.meta import REMOVALS_AGREED_UNTIL
from crds.user import UserSpec
from sal.addresses import node_prefix
from sal.command import Runner
from sal.errors import SalError
from sal.images import ImageStore, file_chunks
from trust.part import format_time
from trust.registration import open_evidence

EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"
TOKEN = "demo"
GUEST = "hardpan-guest:"
PATIENCE_SECONDS = 90.0


class DemoCloud:
    """The demo's parts; each method may be repeated. With `pods`, its control plane runs in pods."""

    def __init__(
        self,
        layout: Layout,
        runner: Runner,
        options: Options | None = None,
        *,
        durable: bool = True,
        pods: bool = False,
    ) -> None:
        self.layout, self.runner = layout, runner
        self.kubernetes = (
            PodsKubernetes(layout.pods, runner, ensure_tools(runner, pods=True), durable=durable)
            if pods
            else choose_kubernetes(layout.kubernetes, runner, durable=durable)
        )
        self.kubectl = Kubectl(runner, layout.kubeconfig, self.kubernetes.kubectl)
        self.site = Site(layout.site)
        self.network = DemoNetwork(layout, runner)
        self._options = options or Options()
        self.patience_seconds = PATIENCE_SECONDS
        self.nodes = DemoNodes(layout, runner, self.network, self._options.capacity)

    @property
    def control_plane(self) -> ControlPlane:
        """Queue and controllers as processes of this machine; needs the site."""
        return ControlPlane(self.layout, self.site, self.kubectl, self._options)

    @property
    def plane(self) -> Plane:
        """Queue and controllers, wherever they run."""
        if not isinstance(self.kubernetes, PodsKubernetes):
            return self.control_plane
        helm = Helm(self.runner, self.kubernetes.helm, self.layout.kubeconfig, self.layout.folder / "helm")
        return PodPlane(self.layout, self.site, self.kubernetes, self.kubectl, helm, NAMESPACE)

    def start_kubernetes(self) -> None:
        """The API server with our kinds."""
        self.kubernetes.start()
        shutil.copy(self.kubernetes.kubeconfig, self.layout.kubeconfig)
        self.plane.install_kinds()
        for namespace in (NAMESPACE, TENANT):
            self.kubectl.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n")

    def withdraw_deployments(self) -> None:
        """Removes every deployment while controllers and nodes can still see it through."""
        self.kubectl.run("delete", "deployments.hardpan.dev", "--all", "--all-namespaces", "--timeout=60s")

    def withdraw_control_plane(self) -> None:
        """Takes our kinds, namespaces and webhook out of a cluster that stays."""
        self.kubectl.run("delete", "validatingwebhookconfiguration", "hardpan", "--ignore-not-found")
        for file in sorted(CRDS.glob("*.yaml")):
            self.kubectl.run("delete", "--ignore-not-found", "-f", str(file))
        self.kubectl.run("delete", "namespace", NAMESPACE, TENANT, "--ignore-not-found")

    def people(self) -> People:
        """Keys without passphrases, for this demo only."""
        made = [
            make_key(self.runner, self.layout.keys / name, f"{name}@hardpan") for name in ("root-1", "root-2", "demo")
        ]
        return People(*made)

    def make_site(self) -> None:
        """Root, records and snapshot, applied."""
        people, now = self.people(), datetime.now(UTC)
        if not self.site.trust_file.exists():
            keys = (people.root.key.line, people.spare.key.line)
            sites.init(self.site.folder, "demo", keys, people.root, "demo", now)
            self.site.put("User", "demo", UserSpec.model_validate({"keys": [active(people.user)]}))
            self.site.put("Tenant", TENANT, tenant(sites.new_tenant_id()))
            expires = format_time(now + timedelta(days=7))
            values = {"count": 10, "expires": expires, "site": "default", "region": "demo", "labels": {}}
            sites.new_token(self.site, TOKEN, values)
        self.renew()
        self._agree_to_removals(now + timedelta(days=365))
        Pinned(self.site.cluster).save(self.layout.config)

    def _agree_to_removals(self, until: datetime) -> None:
        """Whoever plays here is tenant and operator at once, and makes and deletes more than the brake allows."""
        agreed = f"{REMOVALS_AGREED_UNTIL}={format_time(until)}"
        self.kubectl.run("annotate", "supervisors.hardpan.dev", "--all", "--overwrite", agreed)

    def renew(self) -> None:
        """A new snapshot of all records, applied."""
        sites.renew(self.site, self.people().root, datetime.now(UTC))
        self.apply_site()

    def apply_site(self) -> None:
        """Records first, the snapshot that lists them last."""
        files = [*sorted((self.site.folder / "records").glob("*.yaml")), self.site.trust_file]
        self.kubectl.apply("---\n".join(each.read_text() for each in files))

    def start_node(self, number: int) -> None:
        """A node, from bare disk to Ready."""
        content = MediumContent(self.plane.gateway, self.plane.certificate, TOKEN)
        self.nodes.start(number, self.site, content)

    def build_guest(self) -> str:
        """The guest's image, in the store that the media carry; returns its SHA-256."""
        cached = cache_folder() / "guest" / "guest.raw"
        digest = build(self.runner, cached, cache_folder() / "guest" / "kernel")
        ImageStore(self.layout.images).add(file_chunks(cached), digest)
        return digest

    def ready_nodes(self) -> list[dict[str, Any]]:
        """The nodes that are Ready."""
        return [each for each in self.kubectl.list("nodes.hardpan.dev") if condition(each, "Ready") == "True"]

    def await_nodes(self, count: int) -> list[dict[str, Any]]:
        """Waits until so many nodes are Ready, then lets their machines reach each other."""

        nodes = self.await_ready_nodes(count)
        self._join(nodes)
        return nodes

    def await_ready_nodes(self, count: int) -> list[dict[str, Any]]:
        """Waits until so many nodes are Ready."""

        def ready() -> list[dict[str, Any]] | None:
            found = self.ready_nodes()
            return found if len(found) >= count else None

        nodes: list[dict[str, Any]] = self.wait(ready, f"{count} nodes to be Ready", self._node_words)
        return nodes

    def _join(self, nodes: list[dict[str, Any]]) -> None:
        held = {each["metadata"]["name"]: each["spec"]["registration"] for each in nodes}
        opened = {name: open_evidence(text, self.site.cluster, name) for name, text in held.items()}
        prefixes = {name: node_prefix(each.mycelium_key) for name, each in opened.items()}
        homes = {name: self.number_of(name) for name in prefixes}
        for name, number in homes.items():
            for other, other_number in homes.items():
                if other != name:
                    here, there = self.layout.node(number), self.layout.node(other_number)
                    self.network.route(here, str(prefixes[other]), there)

    def number_of(self, node: str) -> int:
        """Which of the demo's nodes has this id."""
        for number in range(1, 10):
            status = self.layout.node(number).mount / "agent" / "status.json"
            try:
                said = json.loads(self.nodes.inside(number, status).read_text())
            except (OSError, SalError, ValueError):
                continue
            if node in json.dumps(said):
                return number
        raise SalError(f"none of the demo's nodes says that it is {node}")

    def write_manifest(self, digest: str) -> None:
        """The example, with the guest's digest filled in."""
        if not self.layout.manifest.exists():
            self.layout.manifest.write_text(EXAMPLE.read_text().replace("0" * 64, digest))

    def sign(self, revision: int, file: Path | None = None) -> None:
        """Signs a manifest as the demo's user."""
        manifest = load(file or self.layout.manifest)
        prepared = prepare(manifest, self.site.view(), revision, datetime.now(UTC))
        sign(manifest, prepared, self.people().user)

    def apply(self, file: Path | None = None) -> None:
        """`kubectl apply`."""
        self.kubectl.run("apply", "-f", str(file or self.layout.manifest))

    def await_ready(self, name: str, namespace: str = TENANT) -> dict[str, Any]:
        """Waits until a deployment is Ready."""

        def ready() -> dict[str, Any] | None:
            found = self.kubectl.get("deployments.hardpan.dev", name, namespace)
            return found if found and is_current(found) and condition(found, "Ready") == "True" else None

        found: dict[str, Any] = self.wait(
            ready, f"deployment {namespace}/{name}", lambda: self._deployment_words(name, namespace)
        )
        return found

    @property
    def numbers(self) -> list[int]:
        """The nodes that there are."""
        return [number for number in range(1, 10) if self.layout.node(number).folder.exists()]

    def console(self, number: int) -> list[str]:
        """The lines that guests printed on a node."""
        return [line for lines in self._consoles(number).values() for line in lines]

    def _consoles(self, number: int) -> dict[str, list[str]]:
        """The same by the machines' names on the host."""
        machines = self.nodes.inside(number, self.layout.node(number).mount / "@machines")
        found: dict[str, list[str]] = {}
        for file in sorted(machines.glob("*/console.log")):
            lines = [line.strip() for line in file.read_text(errors="replace").splitlines()]
            found[file.parent.name] = [line for line in lines if line.startswith(GUEST)]
        return found

    def kill_machine(self, name: str) -> None:
        """Ends a machine's hypervisor, as a crash would. Raises SalError when no console shows its name."""
        for number in self.numbers:
            for host, lines in self._consoles(number).items():
                if any(line.startswith(f"{GUEST} {name} ") for line in lines):
                    self.nodes.machines(number)[host].kill()
                    return
        raise SalError(f"no machine {name} has printed to its console yet")

    def await_line(self, lines: Callable[[], list[str]], words: str) -> None:
        """Waits until a guest has printed these words."""
        self.wait(
            lambda: any(words in line for line in lines()) or None, f"a guest to print {words!r}", lambda: str(lines())
        )

    def wait(
        self, look: Callable[[], Any], what: str, why: Callable[[], str], patience_seconds: float | None = None
    ) -> Any:
        """What `look` finds. Raises SalError with `why` when it takes too long."""
        seconds = patience_seconds or self.patience_seconds
        deadline = time.monotonic() + seconds
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise SalError(f"waited {seconds:.0f} s for {what}: {why()}")
            time.sleep(0.2)
        return found

    def _node_words(self) -> str:
        words = [self.nodes.processes.last_words(self.layout.node(number).name, 3) for number in (1, 2)]
        return "\n".join(word for word in words if word)

    def _deployment_words(self, name: str, namespace: str) -> str:
        found = self.kubectl.get("deployments.hardpan.dev", name, namespace) or {}
        conditions = (found.get("status") or {}).get("conditions") or []
        return "; ".join(f"{c['type']}={c['status']} {c['reason']} {c.get('message', '')}" for c in conditions)


def down(cloud: DemoCloud) -> None:
    """Nothing of the demo is left: no process, mount, loop device, namespace, interface or rule."""
    numbers = cloud.numbers
    if not cloud.kubernetes.ours and cloud.site.trust_file.exists():
        cloud.withdraw_deployments()
    for number in numbers:
        cloud.nodes.remove(number)
    if cloud.site.trust_file.exists():
        cloud.plane.stop()
        if not cloud.kubernetes.ours:
            cloud.withdraw_control_plane()
    cloud.kubernetes.stop()
    cloud.network.remove(numbers)
    shutil.rmtree(cloud.layout.folder, ignore_errors=True)
