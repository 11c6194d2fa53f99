"""`make demo`: a small cloud on this machine, from nothing to two machines that talk to each other."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli import site as sites
from cli.demo.control import NAMESPACE, ControlPlane, Options
from cli.demo.guest.build import build
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.layout import Layout
from cli.demo.medium import MediumContent
from cli.demo.network import DemoNetwork
from cli.demo.nodes import DemoNodes
from cli.demo.steps import Steps
from cli.demo.tools import KUBERNETES_VERSION, cache_folder, ensure_tools
from cli.kubectl import Kubectl, find_kubectl
from cli.manifest import load
from cli.pinned import Pinned
from cli.signer import SshSigner, make_key
from cli.signing import prepare, sign
from cli.site import Site
from crds.tenant import TenantSpec
from crds.user import UserSpec
from sal.addresses import node_prefix
from sal.command import Runner
from sal.errors import SalError
from sal.images import ImageStore, file_chunks
from trust.part import format_time

CRDS = Path(__file__).parents[2] / "crds"
EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"
TOKEN = "demo"
TENANT = "demo"
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class People:
    """The demo's operator (two root keys) and its user."""

    root: SshSigner
    spare: SshSigner
    user: SshSigner


class DemoCloud:
    """The demo's parts; each method may be repeated."""

    def __init__(self, layout: Layout, runner: Runner, options: Options | None = None, *, durable: bool = True) -> None:
        self.layout, self.runner = layout, runner
        self.tools = ensure_tools(runner)
        self.kubernetes = EmbeddedKubernetes(layout.kubernetes, self.tools, durable=durable)
        self.kubectl: Kubectl = find_kubectl(runner, layout.kubeconfig, self.tools.kube)
        self.site = Site(layout.site)
        self.network = DemoNetwork(layout, runner)
        self.nodes = DemoNodes(layout, runner, self.network)
        self._options = options or Options()

    @property
    def control_plane(self) -> ControlPlane:
        """Queue and controllers; needs the site."""
        return ControlPlane(self.layout, self.site, self.kubectl, self._options)

    def start_kubernetes(self) -> None:
        """The API server with our kinds."""
        running = self.kubernetes.start()
        shutil.copy(running.kubeconfig, self.layout.kubeconfig)
        for file in sorted(CRDS.glob("*.yaml")):
            self.kubectl.apply(file.read_text())
        for namespace in (NAMESPACE, TENANT):
            self.kubectl.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n")

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
            self.site.put("User", "demo", UserSpec.model_validate({"keys": [_active(people.user)]}))
            self.site.put("Tenant", TENANT, tenant(sites.new_tenant_id()))
            expires = format_time(now + timedelta(days=7))
            values = {"count": 10, "expires": expires, "site": "default", "region": "demo", "labels": {}}
            sites.new_token(self.site, TOKEN, values)
        self.renew()
        Pinned(self.site.cluster).save(self.layout.config)

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
        content = MediumContent(self.control_plane.gateway, self.control_plane.authority.pair.certificate, TOKEN)
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

        def ready() -> list[dict[str, Any]] | None:
            found = self.ready_nodes()
            return found if len(found) >= count else None

        nodes: list[dict[str, Any]] = self.wait(ready, f"{count} nodes to be Ready", self._node_words)
        self._join(nodes)
        return nodes

    def _join(self, nodes: list[dict[str, Any]]) -> None:
        prefixes = {each["metadata"]["name"]: node_prefix(each["spec"]["myceliumKey"]) for each in nodes}
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

    def console(self, number: int) -> list[str]:
        """The lines that guests printed on a node."""
        machines = self.nodes.inside(number, self.layout.node(number).mount / "@machines")
        found: list[str] = []
        for file in sorted(machines.glob("*/console.log")):
            lines = file.read_text(errors="replace").splitlines()
            found += [line.strip() for line in lines if line.startswith("hardpan-guest:")]
        return found

    def wait(
        self, look: Callable[[], Any], what: str, why: Callable[[], str], seconds: float = PATIENCE_SECONDS
    ) -> Any:
        """What `look` finds. Raises SalError with `why` when it takes too long."""
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


def condition(seen: dict[str, Any], kind: str) -> str:
    """The status of one condition."""
    conditions = (seen.get("status") or {}).get("conditions") or []
    return next((str(each["status"]) for each in conditions if each["type"] == kind), "")


def is_current(seen: dict[str, Any]) -> bool:
    """Whether the status speaks of the spec as it is now."""
    return bool((seen.get("status") or {}).get("observedGeneration") == seen["metadata"]["generation"])


def tenant(identity: str) -> TenantSpec:
    """The demo's tenant."""
    gibibyte = 1 << 30
    return TenantSpec.model_validate(
        {
            "id": identity,
            "namespace": TENANT,
            "members": [{"user": "demo", "roles": ["deploy"]}],
            "thresholds": {"deploy": 1},
            "ceilings": {"machines": 8, "cpus": 8, "memory": 4 * gibibyte, "volumes": 8, "storage": 32 * gibibyte},
            "runtimes": ["vm"],
            "imageHosts": ["images.example"],
        }
    )


def _active(signer: SshSigner) -> dict[str, str]:
    return {"publicKey": signer.key.line, "state": "active"}


def up(cloud: DemoCloud, steps: Steps) -> None:
    """All of the demo, shown."""
    layout = cloud.layout
    steps.say(f"Hardpan demo: a small cloud on this machine (log: {layout.log})")
    with steps.step(f"Kubernetes {KUBERNETES_VERSION.removeprefix('v')} (embedded)"):
        cloud.start_kubernetes()
    with steps.step("operator root, tenant demo, join token demo"):
        cloud.make_site()
    with steps.step("guest image (Debian kernel, 32 MiB raw disk)"):
        digest = cloud.build_guest()
    cloud.network.ensure()
    with steps.step("control plane: ledger coord supervisor gateway"):
        cloud.control_plane.start_redis()
        cloud.control_plane.start_controllers()
    with steps.step("node-1, node-2: registered, approved by token demo"):
        for number in (1, 2):
            cloud.start_node(number)
        nodes = cloud.await_nodes(2)
    for node in nodes:
        steps.say(f"    {node['metadata']['name']}")
    with steps.step("signed examples/web.yaml as demo@hardpan, revision 1"):
        cloud.write_manifest(digest)
        if "signatures:" not in layout.manifest.read_text():
            cloud.sign(1)
    with steps.step("deployment demo/web Ready 2/2"):
        cloud.apply()
        cloud.await_ready("web")
    with steps.step("web-1 reached web-0 over the network"):
        lines = cloud.wait(lambda: _reached(cloud), "web-1 to reach web-0", lambda: str(_lines(cloud)))
    steps.say()
    steps.say(cloud.kubectl.run("get", "machines.hardpan.dev,volumes.hardpan.dev", "--namespace", TENANT).rstrip())
    steps.say()
    for line in lines:
        steps.say(f"  | {line}")
    steps.say()
    steps.say(f"Ready in {steps.seconds:.1f} s. Try next:")
    for line in next_steps(layout):
        steps.say(f"  {line}")


def next_steps(layout: Layout) -> tuple[str, ...]:
    """What to try after the demo came up."""
    key = layout.keys / "demo"
    return (
        f"export KUBECONFIG={layout.kubeconfig} HARDPAN_CONFIG={layout.config} PATH=$PWD/.venv/bin:$PATH",
        "kubectl get hardpan -A",
        "kubectl hardpan explain machine -n demo web-0",
        f"$EDITOR {layout.manifest}    # replicas: 3",
        f"kubectl hardpan sign {layout.manifest} --key {key} && kubectl apply -f {layout.manifest}",
        "make demo-down",
    )


def _lines(cloud: DemoCloud) -> list[str]:
    return [line for number in (1, 2) for line in cloud.console(number)]


def _reached(cloud: DemoCloud) -> list[str] | None:
    lines = _lines(cloud)
    return lines if any("reached peer" in line for line in lines) else None


def down(cloud: DemoCloud) -> None:
    """Nothing of the demo is left: no process, mount, loop device, namespace, interface or rule."""
    numbers = [number for number in range(1, 10) if cloud.layout.node(number).folder.exists()]
    for number in numbers:
        cloud.nodes.remove(number)
    if cloud.site.trust_file.exists():
        cloud.control_plane.stop()
    cloud.kubernetes.stop()
    cloud.network.remove(numbers)
    shutil.rmtree(cloud.layout.folder, ignore_errors=True)
