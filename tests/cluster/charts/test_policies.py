"""What only our controllers may write, tried by an administrator whom RBAC lets do everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cli.kubectl import Kubectl
from controllers.loop.objects import ObjectKey, resource_of
from controllers.loop.places import collection, path
from crds.kinds import KINDS
from crds.machine import MACHINE
from crds.meta import DEPLOYMENT_UID_LABEL, WORKLOAD_FINALIZER, KindDefinition
from crds.node import NODE
from tests.cluster.charts.account import Account, Accounts
from tests.cluster.charts.helm import BASIC, NAMESPACE, Helm
from tests.unit.crds.cases import patched, whole

As = Callable[[str], Account]
WORKLOADS = ("Machine", "Volume", "Job", "RevisionMark")
STATUS_WRITERS = {
    "Deployment": ("coord", "supervisor"),
    "Machine": ("supervisor",),
    "Volume": ("supervisor",),
    "Job": ("supervisor",),
    "Supervisor": ("coord",),
    "Node": ("ledger",),
    "Trust": ("ledger",),
    "User": ("ledger",),
    "Tenant": ("ledger",),
    "JoinToken": ("ledger",),
    "Release": ("ledger",),
}
every_workload = pytest.mark.parametrize(
    "kind", [each for each in KINDS if each.kind in WORKLOADS], ids=lambda each: each.kind
)
every_status = pytest.mark.parametrize(
    "kind", [each for each in KINDS if each.kind in STATUS_WRITERS], ids=lambda each: each.kind
)


@pytest.fixture(scope="module")
def by(cluster: Kubectl, accounts: Accounts, helm: Helm) -> Iterator[As]:
    """Accounts by name; `administrator` may do everything, as cluster-admin."""
    cluster.run("create", "serviceaccount", "administrator", "--namespace", "default")
    subject = "--serviceaccount=default:administrator"
    cluster.run("create", "clusterrolebinding", "administrator", "--clusterrole=cluster-admin", subject)
    # Nobody listens behind it here, and these tests make deployments.
    cluster.run("delete", "validatingwebhookconfiguration", "hardpan", "--ignore-not-found")

    def get(name: str) -> Account:
        full, place = (name, "default") if name == "administrator" else (f"hardpan-{name}", NAMESPACE)
        return accounts.open(full, place, "default")

    yield get
    helm.install("hardpan", *BASIC)


@pytest.fixture
def machine(by: As) -> Iterator[dict[str, Any]]:
    """A machine that the supervisor made."""
    made = patched(whole(MACHINE, "minimal"), {"metadata": {"finalizers": [WORKLOAD_FINALIZER]}})
    supervisor = by("supervisor")
    answer = _create(supervisor, MACHINE, made)
    assert answer.status_code == 201, answer.text
    yield made
    supervisor.send("PATCH", _place(MACHINE, made), {"metadata": {"finalizers": None}})
    supervisor.send("DELETE", _place(MACHINE, made))


@every_workload
def test_only_the_supervisor_makes_workloads(by: As, kind: KindDefinition) -> None:
    made = whole(kind, "minimal")
    refused = _create(by("administrator"), kind, made, dry=True)
    assert (refused.status_code, _says(refused, f"only the supervisor writes {kind.plural}")) == (422, True)
    assert _create(by("supervisor"), kind, made, dry=True).status_code == 201


def test_only_the_supervisor_changes_what_a_machine_is(by: As, machine: dict[str, Any]) -> None:
    change = {"spec": {"epoch": 7}}
    assert _says(_change(by("administrator"), machine, change), "only the supervisor writes machines")
    assert _change(by("supervisor"), machine, change).status_code == 200


def test_a_label_of_ones_own_is_anybodys(by: As, machine: dict[str, Any]) -> None:
    assert _change(by("administrator"), machine, {"metadata": {"labels": {"team": "a"}}}).status_code == 200


def test_a_finalizer_of_somebody_else_is_anybodys(by: As, machine: dict[str, Any]) -> None:
    both = {"metadata": {"finalizers": [WORKLOAD_FINALIZER, "backup.example/wait"]}}
    assert _change(by("administrator"), machine, both).status_code == 200


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"finalizers": None}, "finalizers hardpan.dev/... are the supervisor's"),
        ({"finalizers": [WORKLOAD_FINALIZER, "hardpan.dev/more"]}, "finalizers hardpan.dev/... are the supervisor's"),
        ({"annotations": {"hardpan.dev/note": "x"}}, "annotations hardpan.dev/... are our controllers'"),
        ({"labels": {DEPLOYMENT_UID_LABEL: "another"}}, "labels hardpan.dev/... are our controllers'"),
    ],
)
def test_nobody_else_touches_our_finalizers_labels_and_annotations(
    by: As, machine: dict[str, Any], metadata: dict[str, Any], words: str
) -> None:
    assert _says(_change(by("administrator"), machine, {"metadata": metadata}), words)


def test_whoever_applies_a_deployment_may_say_of_which_trace_that_is_a_part(by: As, machine: dict[str, Any]) -> None:
    note = {"metadata": {"annotations": {"hardpan.dev/traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}}}
    assert _change(by("administrator"), machine, note).status_code == 200


def test_deleting_is_a_matter_of_rights(by: As, machine: dict[str, Any]) -> None:
    assert by("administrator").send("DELETE", _place(MACHINE, machine)).status_code == 200


def test_a_deployment_is_not_made_with_our_finalizer(by: As) -> None:
    (kind,) = (each for each in KINDS if each.kind == "Deployment")
    made = patched(whole(kind, "minimal"), {"metadata": {"finalizers": ["hardpan.dev/teardown"]}})
    assert _says(_create(by("administrator"), kind, made, dry=True), "finalizers hardpan.dev/... are the supervisor's")


@every_status
def test_only_its_controllers_write_a_status(by: As, kind: KindDefinition) -> None:
    maker = by("supervisor" if kind.kind in WORKLOADS else "administrator")
    made = whole(kind, "minimal")
    if kind.scope == "Namespaced":
        made["metadata"]["namespace"] = "default"
    assert _create(maker, kind, made).status_code == 201
    place, change = f"{_place(kind, made)}/status?dryRun=All", {"status": {"observedGeneration": 1}}
    try:
        refused = by("administrator").send("PATCH", place, change)
        assert _says(refused, f"only our controllers write the status of {kind.plural}"), refused.text
        for writer in STATUS_WRITERS[kind.kind]:
            answer = by(writer).send("PATCH", place, change)
            assert answer.status_code == 200, answer.text
    finally:
        by("administrator").send("DELETE", _place(kind, made))


def test_an_operator_may_agree_to_removals(by: As) -> None:
    """That annotation of a Supervisor is the operator's own."""
    (kind,) = (each for each in KINDS if each.kind == "Supervisor")
    made = patched(whole(kind, "minimal"), {"metadata": {"annotations": {"hardpan.dev/removals-agreed-until": "x"}}})
    assert _create(by("administrator"), kind, made, dry=True).status_code == 201


def test_the_ledger_deletes_only_nodes_that_nobody_vouched_for_or_spoke_of(by: As) -> None:
    waiting = patched(whole(NODE, "minimal"), {"spec": {"certificate": None}})
    approved = patched(whole(NODE, "minimal"), {"spec": {"certificate": "signed"}})
    place = _place(NODE, waiting)

    def deletes(made: dict[str, Any], change: dict[str, Any] | None = None) -> bool:
        assert _create(by("ledger"), NODE, made).status_code == 201
        if change is not None:
            assert by("administrator").send("PATCH", place, change).status_code == 200
        answer = by("ledger").send("DELETE", f"{place}?dryRun=All")
        assert by("administrator").send("DELETE", place).status_code == 200
        assert answer.status_code == 200 or _says(answer, "the ledger deletes no node that somebody approved")
        return answer.status_code == 200

    assert deletes(waiting)
    assert not deletes(approved)
    assert not deletes(waiting, {"spec": {"cordoned": True}})
    assert not deletes(approved, {"spec": {"certificate": None}})


def _create(who: Account, kind: KindDefinition, made: dict[str, Any], dry: bool = False) -> httpx.Response:
    namespace = made["metadata"].get("namespace", "")
    if kind.scope == "Namespaced":
        namespace = made["metadata"]["namespace"] = "default"
    place = collection(resource_of(kind), namespace)
    return who.send("POST", f"{place}?dryRun=All" if dry else place, made)


def _change(who: Account, made: dict[str, Any], change: dict[str, Any]) -> httpx.Response:
    return who.send("PATCH", f"{_place(MACHINE, made)}?dryRun=All", change)


def _place(kind: KindDefinition, made: dict[str, Any]) -> str:
    namespace = "default" if kind.scope == "Namespaced" else ""
    return path(resource_of(kind), ObjectKey(namespace, made["metadata"]["name"]))


def _says(answer: httpx.Response, words: str) -> bool:
    return answer.status_code == 422 and words in answer.json()["message"]
