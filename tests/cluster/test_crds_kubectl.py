"""What people see of our kinds through kubectl: lists, explanations, differences, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cli.errors import CliError
from cli.kubectl import Kubectl
from crds.kinds import KINDS
from crds.meta import KindDefinition
from tests.cluster.api import Api
from tests.unit.crds.cases import patched, whole

WIDEST = 100
NAMESPACE = "tenant-a"
ADDRESS = "4f2:1a2b:3c4d:5e6f:ff0f:1c2a:3b4c:5d6e"
NODE = "n-kzdvvj2umnduyauf35o36k6kw4"
DIGEST = "sha256:" + "5e0c" * 16

every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])


def condition(kind: str, reason: str, status: str = "True") -> dict[str, str]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": "",
        "lastTransitionTime": "2026-11-24T00:00:00Z",
    }


READY = condition("Ready", "AsDescribed")
SUMMARY = {"node": "n-kzdv…"}
STATUSES: Mapping[str, Mapping[str, Any]] = {
    "Deployment": {
        "conditions": [READY],
        "supervisor": {"name": "main", "epoch": 1},
        "accepted": {"revision": 8, "digest": DIGEST, "plan": DIGEST, "signers": ["alice"], "region": "eu"},
        "counts": {"machines": 3, "ready": 3, "summary": "3/3"},
    },
    "Machine": {"conditions": [condition("Ready", "Running")], "summary": SUMMARY, "address": ADDRESS, "restarts": 0},
    "Volume": {"conditions": [condition("Ready", "Running")], "summary": {**SUMMARY, "size": "10Gi"}},
    "Job": {"conditions": [condition("Succeeded", "RefusedByNode", "Unknown")], "attempt": 2},
    "Node": {
        "conditions": [condition("Ready", "Lost", "Unknown"), condition("Schedulable", "Lost", "False")],
        "address": "4f2:1a2b:3c4d:5e6f::1",
        "summary": {"address": "4f2:…::1", "memory": "1023.9Gi"},
        "capacity": {"cpus": 256, "memory": 1 << 40, "disk": 1 << 42},
        "machines": 1000,
        "region": "eu",
    },
    "Supervisor": {"conditions": [condition("Ready", "Leading")]},
    "Tenant": {"conditions": [condition("Ready", "Listed")]},
    "User": {"conditions": [condition("Ready", "Listed")]},
    "JoinToken": {"conditions": [condition("Ready", "Listed")], "used": 12},
    "Release": {"conditions": [condition("Ready", "Listed")]},
    "Trust": {"conditions": [condition("Ready", "Valid")], "version": 41, "expires": "2026-12-08T00:00:00Z"},
}
LISTS = {
    "Deployment": "NAME READY REVISION SIGNER REGION AGE",
    "Machine": "NAME READY NODE ADDRESS AGE",
    "Volume": "NAME READY NODE SIZE AGE",
    "Job": "NAME SUCCEEDED REASON DEPLOYMENT REVISION ATTEMPT AGE",
    "RevisionMark": "NAME NAMESPACE DEPLOYMENT REVISION AGE",
    "Node": "NAME READY SCHEDULABLE ADDRESS CPU MEMORY MACHINES AGE",
    "Trust": "NAME VALID VERSION EXPIRES AGE",
    "Tenant": "NAME LISTED NAMESPACE AGE",
    "User": "NAME LISTED REASON AGE",
    "Supervisor": "NAME READY REGION REASON AGE",
    "JoinToken": "NAME OPEN USED COUNT EXPIRES SITE AGE",
    "Release": "NAME VERSION FLAVOUR MINIMUM LISTED AGE",
}


def placed(kind: KindDefinition) -> dict[str, Any]:
    """The full object, in our namespace."""
    made = whole(kind, "full")
    if kind.scope == "Namespaced":
        made["metadata"]["namespace"] = NAMESPACE
    return made


@pytest.fixture(scope="module", autouse=True)
def shown(api: Api, kubectl: Kubectl) -> Iterator[None]:
    """One object of each kind, with a status as controllers write it."""
    kubectl.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
    for kind in KINDS:
        assert api.create(kind, placed(kind), keep=True).taken
        if kind.kind in STATUSES:
            told = api.status(kind, placed(kind), STATUSES[kind.kind])
            assert told.taken, told
    yield
    for kind in KINDS:
        api.remove(kind, placed(kind))


def listed(kubectl: Kubectl, *words: str) -> list[str]:
    return kubectl.run("get", *words).rstrip().splitlines()


@every_kind
def test_a_list_has_the_columns_that_are_promised_and_none_is_empty(kubectl: Kubectl, kind: KindDefinition) -> None:
    header, row = listed(kubectl, kind.name, "-n", NAMESPACE)
    assert header.split() == LISTS[kind.kind].split()
    assert len(row.split()) == len(header.split()), row


@every_kind
def test_a_list_fits_a_hundred_columns_in_one_namespace_and_in_all(kubectl: Kubectl, kind: KindDefinition) -> None:
    for place in (("-n", NAMESPACE), ("-A",)):
        assert max(map(len, listed(kubectl, kind.name, *place))) <= WIDEST


def test_the_category_lists_every_kind(kubectl: Kubectl) -> None:
    tables = "\n".join(listed(kubectl, "hardpan", "-n", NAMESPACE)).split("\n\n")
    named = {table.splitlines()[1].split("/")[0]: table for table in tables}
    assert named.keys() == {f"{kind.kind.lower()}.hardpan.dev" for kind in KINDS}
    # Before its name a node's kind does not fit; `kubectl get nodes.hardpan.dev` does.
    widths = {kind: max(map(len, table.splitlines())) for kind, table in named.items() if kind != "node.hardpan.dev"}
    assert {kind: width for kind, width in widths.items() if width > WIDEST} == {}


@every_kind
def test_wide_shows_more(kubectl: Kubectl, kind: KindDefinition) -> None:
    header, row = listed(kubectl, kind.name, "-n", NAMESPACE, "-o", "wide")
    wide = [column.name.upper() for column in kind.columns if column.wide]
    assert all(name in header for name in wide)
    if kind.kind in ("Machine", "Volume", "Job"):
        assert NODE in row


@every_kind
def test_the_short_name_is_ours(kubectl: Kubectl, kind: KindDefinition) -> None:
    made = placed(kind)["metadata"]
    found = json.loads(kubectl.run("get", kind.short_name, made["name"], "-n", NAMESPACE, "-o", "json"))
    assert (found["kind"], found["apiVersion"]) == (kind.kind, "hardpan.dev/v1alpha1")


def test_bare_names_stay_kubernetes_own(kubectl: Kubectl) -> None:
    for word in ("deployments", "jobs", "nodes"):
        assert "hardpan" not in kubectl.run("get", word, "-A", "-o", "name")


@every_kind
def test_explain_tells_of_every_field(kubectl: Kubectl, kind: KindDefinition) -> None:
    # By its short name: kubectl takes nodes.hardpan.dev for a field of its own nodes.
    said = " ".join(kubectl.run("explain", kind.short_name, "--recursive").split())
    assert f"GROUP: hardpan.dev KIND: {kind.kind}" in said
    assert kind.description in said
    for name, field in kind.spec.model_fields.items():
        assert field.alias or name in said


def test_explain_tells_what_a_field_means(kubectl: Kubectl) -> None:
    said = " ".join(kubectl.run("explain", "deployments.hardpan.dev.spec.expires").split())
    assert "Until when it may be accepted; what runs by then is kept and restarted." in said


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind in KINDS for field in kind.selectable_fields], ids=str
)
def test_a_selectable_field_selects(kubectl: Kubectl, kind: KindDefinition, field: str) -> None:
    value: Any = placed(kind)
    for word in field.split(".")[1:]:
        value = value[word]
    name, selector = placed(kind)["metadata"]["name"], field.removeprefix(".")
    words = ("get", kind.name, "-n", NAMESPACE, "-o", "name", "--field-selector")
    assert kubectl.run(*words, f"{selector}={value}").strip().endswith(f"/{name}")
    assert kubectl.run(*words, f"{selector}=other").strip() == ""


def test_a_field_that_is_not_selectable_says_so(kubectl: Kubectl) -> None:
    with pytest.raises(CliError, match="field label not supported"):
        kubectl.run("get", "machines.hardpan.dev", "-A", "--field-selector", "spec.item=x")


def deployment(**spec: Any) -> str:
    kind = next(each for each in KINDS if each.kind == "Deployment")
    made = placed(kind)
    made["metadata"]["name"] = "tried"
    return json.dumps(patched(made, {"spec": spec}))


@pytest.fixture
def tried(kubectl: Kubectl) -> Iterator[None]:
    yield
    kubectl.run("delete", "deployments.hardpan.dev", "tried", "-n", NAMESPACE, "--ignore-not-found")


def test_apply_and_apply_again_changes_nothing(kubectl: Kubectl, tried: None) -> None:
    assert "created" in kubectl.run("apply", "-f", "-", text=deployment())
    assert "unchanged" in kubectl.run("apply", "-f", "-", text=deployment())
    assert "configured" in kubectl.run("apply", "-f", "-", text=deployment(revision=2))


def test_server_side_apply_owns_the_whole_of_what_is_signed(kubectl: Kubectl, tried: None) -> None:
    words = ("apply", "--server-side", "-f", "-", "--field-manager")
    kubectl.run(*words, "alice", text=deployment(params={"replicas": 3, "edge": True}))
    with pytest.raises(CliError, match=r'conflict with "alice".*\.spec\.params'):
        kubectl.run(*words, "bob", text=deployment(params={"replicas": 4}))
    kubectl.run(*words, "bob", "--force-conflicts", text=deployment(params={"replicas": 4}))
    held = kubectl.get("deployments.hardpan.dev", "tried", NAMESPACE)
    assert held is not None
    assert held["spec"]["params"]["replicas"] == 4
    assert "edge" not in held["spec"]["params"]


def test_diff_shows_what_would_change_and_nothing_else(kubectl: Kubectl, tried: None) -> None:
    kubectl.run("apply", "-f", "-", text=deployment())
    assert kubectl.run("diff", "-f", "-", text=deployment()) == ""
    changed = kubectl.run("diff", "-f", "-", text=deployment(revision=2), accepted=(1,))
    lines = [line for line in changed.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert [line.split(": ")[1] for line in lines if "revision" in line] == ["1", "2"]
    assert {line.split(":")[0].strip("+- ") for line in lines} == {"revision", "generation"}


def test_a_dry_run_of_the_server_keeps_nothing(kubectl: Kubectl) -> None:
    assert "created (server dry run)" in kubectl.run("apply", "--dry-run=server", "-f", "-", text=deployment())
    assert kubectl.get("deployments.hardpan.dev", "tried", NAMESPACE) is None


def test_a_refusal_names_the_line_and_the_remedy(kubectl: Kubectl) -> None:
    with pytest.raises(CliError) as refused:
        kubectl.run("apply", "-f", "-", text=deployment(signatures=None))
    assert str(refused.value) == (
        'The Deployment "tried" is invalid: spec.signatures: Invalid value: '
        "not signed yet: run `kubectl hardpan sign FILE`, then apply again"
    )


def test_everything_that_is_wrong_is_told_at_once(kubectl: Kubectl) -> None:
    with pytest.raises(CliError) as refused:
        kubectl.run("apply", "-f", "-", text=deployment(maxUnavailable=0, expires="2027-06-01T00:00:00Z"))
    assert "* spec.maxUnavailable: " in str(refused.value)
    assert "* spec.expires: " in str(refused.value)


def test_a_misspelt_field_is_told(kubectl: Kubectl) -> None:
    with pytest.raises(CliError, match=r'unknown field "spec\.maxUnavailible"'):
        kubectl.run("apply", "-f", "-", text=deployment(maxUnavailible=1))


def test_a_condition_can_be_waited_for(kubectl: Kubectl) -> None:
    words = ("wait", "deployments.hardpan.dev/web", "-n", NAMESPACE, "--timeout=1s", "--for")
    assert "condition met" in kubectl.run(*words, "condition=Ready")
    with pytest.raises(CliError, match="timed out"):
        kubectl.run(*words, "condition=Ready=False")


def test_a_status_is_written_apart_and_raises_no_generation(api: Api, kubectl: Kubectl) -> None:
    kind = next(each for each in KINDS if each.kind == "Machine")
    before = kubectl.get(kind.name, "web-0", NAMESPACE)
    assert api.change(kind, placed(kind), {"status": {"address": "other"}}).taken
    assert api.status(kind, placed(kind), {"restarts": 1}).taken
    after = kubectl.get(kind.name, "web-0", NAMESPACE)
    assert before is not None
    assert after is not None
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert (after["status"]["address"], after["status"]["restarts"]) == (ADDRESS, 1)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (condition("Ready", "two words"), "status.conditions[0].reason"),
        (condition("Ready", ""), "status.conditions[0].reason"),
        (condition("Ready", "Fine", "Maybe"), "status.conditions[0].status"),
        ({**condition("Ready", "Fine"), "lastTransitionTime": "yesterday"}, "status.conditions[0].lastTransitionTime"),
    ],
)
def test_a_condition_that_is_none_is_refused(api: Api, bad: Mapping[str, Any], field: str) -> None:
    kind = next(each for each in KINDS if each.kind == "Machine")
    assert field in dict(api.status(kind, placed(kind), {"conditions": [bad]}).causes)


def test_a_condition_twice_is_refused(api: Api) -> None:
    kind = next(each for each in KINDS if each.kind == "Machine")
    twice = api.status(kind, placed(kind), {"conditions": [READY, READY]})
    assert twice.says("status.conditions[1]", "Duplicate value")
