"""The cluster as the CLI reads it: through kubectl, believed only as far as the pinned trust carries it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import pinned
from cli.demo.tools import cache_folder
from cli.errors import CliError
from cli.kubectl import Kubectl, find_kubectl
from controllers.review import mark_name
from crds.revisionmark import RevisionMarkSpec
from plans.errors import ScriptError
from plans.evaluate import evaluate
from plans.model import Plan
from sal.command import Runner, SystemRunner
from trust.deployment import SignedDeployment
from trust.errors import Refusal
from trust.records import RECORD_MODELS, Record, TenantRecord
from trust.snapshot import Bundle, TrustView, open_bundle


@dataclass(frozen=True)
class Cluster:
    """A cluster behind kubectl."""

    kubectl: Kubectl

    def trust(self) -> TrustView:
        """Trust as the API server has it, verified against the pin. Raises CliError."""
        pin = pinned.load()
        held = self.kubectl.get("trusts.hardpan.dev", "cluster")
        if held is None:
            raise CliError("the cluster has no trust yet: its operator runs `hardpan init` and applies the files")
        plurals = {"User": "users", "Tenant": "tenants", "Supervisor": "supervisors", "JoinToken": "jointokens"}
        records = tuple(
            Record(kind, each["metadata"]["name"], each["spec"])
            for kind in RECORD_MODELS
            for each in self.kubectl.list(f"{plurals[kind]}.hardpan.dev")
        )
        roots = tuple(each.encode() for each in held["spec"]["roots"])
        try:
            view = open_bundle(Bundle(roots, held["spec"]["snapshot"].encode(), records), pin.cluster, pin.floor)
        except Refusal as refusal:
            raise CliError(f"the trust that the API server shows is not believed: {refusal}") from None
        if view.version > pin.floor:
            pinned.Pinned(pin.cluster, view.version).save()
        return view

    def mark(self, tenant: TenantRecord, namespace: str, name: str) -> RevisionMarkSpec | None:
        """The accepted document of a deployment, or None."""
        found = self.kubectl.get("revisionmarks.hardpan.dev", mark_name(tenant.id, namespace, name))
        return RevisionMarkSpec.model_validate(found["spec"]) if found else None

    def namespace(self) -> str:
        """The namespace of the current context."""
        words = ("config", "view", "--minify", "--output", "jsonpath={..namespace}")
        return self.kubectl.run(*words, accepted=(0, 1)).strip() or "default"

    def object(self, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
        """One object. Raises CliError when it is not there."""
        found = self.kubectl.get(f"{kind}.hardpan.dev", name, namespace)
        if found is None:
            where = f" in namespace {namespace}" if namespace else ""
            raise CliError(
                f"there is no {kind}.hardpan.dev {name}{where}: `kubectl get hardpan -A` lists what is there"
            )
        return found


def plan_of(mark: RevisionMarkSpec | None) -> Plan | None:
    """The plan of an accepted document."""
    if mark is None:
        return None
    spec = SignedDeployment.parse(mark.body.encode()).spec
    try:
        return evaluate(spec.script, spec.params or {}, spec.language).plan
    except ScriptError:
        return None


def connect(runner: Runner | None = None) -> Cluster:
    """The cluster of KUBECONFIG, or kubectl's own default."""
    named = os.environ.get("KUBECONFIG")
    embedded = next((cache_folder() / "tools").glob("*/kube"), None)
    return Cluster(find_kubectl(runner or SystemRunner(), Path(named) if named else None, embedded))
