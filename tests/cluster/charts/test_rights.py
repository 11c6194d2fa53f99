"""Each account may do what the table says, and nothing else: every verb on every resource is tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from charts import rights
from charts.rights import EVERYWHERE, FILE, Right
from cli.kubectl import Kubectl
from controllers.loop.objects import EVENT, LEASE, NAMESPACE, Resource, resource_of
from crds.kinds import KINDS
from tests.cluster.charts.account import ABSENT, VERBS, Accounts
from tests.cluster.charts.helm import BASIC, Helm
from tests.cluster.charts.helm import NAMESPACE as OWN_NAMESPACE

ACCOUNTS = ("ledger", "coord", "supervisor", "gateway", "admission", "redis", "certificates", "test")
RIGHTS = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
TENANT = "tenant-a"
OTHERS = (
    LEASE,
    EVENT,
    NAMESPACE,
    Resource("", "v1", "secrets", "Secret", True),
    Resource("", "v1", "configmaps", "ConfigMap", True),
    Resource("", "v1", "pods", "Pod", True),
    Resource("", "v1", "nodes", "Node", False),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", True),
    Resource("apps", "v1", "deployments", "Deployment", True),
    Resource("batch", "v1", "jobs", "Job", True),
    Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", False),
    Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", True),
    Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False),
    Resource(
        "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False
    ),
)
OURS = tuple(resource_of(kind) for kind in KINDS)


@pytest.fixture(scope="module")
def granted(renderer: Helm) -> dict[str, list[Right]]:
    return rights.accounts(renderer.template(*BASIC))


@pytest.fixture(scope="module", autouse=True)
def _as_while_helm_tests(renderer: Helm, cluster: Kubectl) -> Iterator[None]:
    """The account of `helm test` and its rights are there only while it runs."""
    hooks = [each for each in renderer.template(*BASIC) if "helm.sh/hook" in each["metadata"].get("annotations", {})]
    text = yaml.safe_dump_all(each for each in hooks if each["kind"] in RIGHTS)
    cluster.apply(text)
    yield
    cluster.run("delete", "-f", "-", text=text)


def test_the_page_is_what_the_chart_grants(renderer: Helm) -> None:
    assert rights.page(renderer.template(*BASIC)) == FILE.read_text(), "look at the change, then `make charts`"


@pytest.fixture(scope="module")
def everybodys(renderer: Helm) -> list[Right]:
    """What every user of the cluster may, and so every account."""
    return rights.people(renderer.template(*BASIC))["hardpan-trust-reader"]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_an_account_may_do_what_the_table_says_and_nothing_else(
    name: str,
    granted: dict[str, list[Right]],
    everybodys: list[Right],
    accounts: Accounts,
) -> None:
    held = granted[f"hardpan-{name}"] + everybodys
    wrong = []
    for namespace in (OWN_NAMESPACE, TENANT):
        asked = accounts.open(f"hardpan-{name}", OWN_NAMESPACE, namespace)
        for verb, resource, status, named in _pairs(held):
            told = _grants(held, verb, resource, status, named, namespace)
            if asked.may(verb, resource, status, named) != told:
                wrong.append(f"{verb} {resource}{'/status' if status else ''} {named} in {namespace}: told {told}")
    assert wrong == []


def test_the_table_is_of_all_accounts(granted: dict[str, list[Right]]) -> None:
    assert set(granted) == {f"hardpan-{name}" for name in ACCOUNTS}
    assert granted["hardpan-gateway"] == granted["hardpan-redis"] == []


@pytest.mark.parametrize("name", ["secrets", "configmaps"])
def test_the_certificates_program_makes_its_own_objects_only(name: str, accounts: Accounts) -> None:
    asked = accounts.open("hardpan-certificates", OWN_NAMESPACE)
    place = f"/api/v1/namespaces/{OWN_NAMESPACE}/{name}?dryRun=All"
    refused = asked.send("POST", place, {"metadata": {"name": "foreign"}})
    assert "makes the Secrets and the ConfigMap of this installation only" in refused.json()["message"]
    assert asked.send("POST", place, {"metadata": {"name": "hardpan-site-ca"}}).status_code == 201


def test_the_certificates_program_cannot_have_a_token_made_for_itself(accounts: Accounts) -> None:
    """Kubernetes fills a Secret of this type with a token of the account that it names."""
    asked = accounts.open("hardpan-certificates", OWN_NAMESPACE)
    place = f"/api/v1/namespaces/{OWN_NAMESPACE}/secrets?dryRun=All"
    named = {"name": "hardpan-redis-tls", "annotations": {"kubernetes.io/service-account.name": "hardpan-supervisor"}}
    refused = asked.send("POST", place, {"metadata": named, "type": "kubernetes.io/service-account-token"})
    assert "of type kubernetes.io/tls or Opaque only" in refused.json()["message"]
    data = {"tls.crt": "", "tls.key": ""}
    made = {"metadata": {"name": "hardpan-redis-tls"}, "type": "kubernetes.io/tls", "data": data}
    assert asked.send("POST", place, made).status_code == 201


def _pairs(held: list[Right]) -> Iterator[tuple[str, Resource, bool, str]]:
    """Every verb on every resource, of an object that no rule names and of those that one does."""
    for resource in (*OURS, *OTHERS):
        names = {name for each in held if each.resource == resource.plural for name in each.names}
        for verb in VERBS:
            yield verb, resource, False, ABSENT
            if verb in ("get", "patch", "update", "delete"):
                yield from ((verb, resource, False, name) for name in sorted(names))
        if resource in OURS:
            yield from ((verb, resource, True, ABSENT) for verb in ("get", "update", "patch"))


def _grants(held: list[Right], verb: str, resource: Resource, status: bool, name: str, namespace: str) -> bool:
    plural = f"{resource.plural}/status" if status else resource.plural
    return any(
        (each.group, each.resource) == (resource.group, plural)
        and verb in each.verbs
        and (not each.names or name in each.names)
        and (each.place == EVERYWHERE or (namespace == OWN_NAMESPACE and resource.namespaced))
        for each in held
    )
