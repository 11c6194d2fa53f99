"""A tenant sees and changes its own namespace, and nothing of another's, whatever it tries."""

from __future__ import annotations

import pytest

from cli.kubectl import Kubectl
from controllers.loop.objects import Resource, resource_of
from crds.kinds import KINDS
from tests.cluster.charts.account import VERBS, Account, Accounts

OURS = {each.kind: resource_of(each) for each in KINDS}
READ = ("get", "list", "watch")
DEPLOY = frozenset(VERBS)
ROLES = {"hardpan-tenant": "alice", "edit": "bob", "view": "carol", "hardpan-auditor": "dave"}
IN_NAMESPACE = ("Deployment", "Machine", "Volume", "Job")
PUBLIC = ("Trust", "User", "Tenant", "Supervisor", "JoinToken", "Release")


@pytest.fixture(scope="module")
def tenants(cluster: Kubectl) -> None:
    """Two namespaces; each role is bound in the first only."""
    for namespace in ("tenant-a", "tenant-b"):
        cluster.run("create", "namespace", namespace)
    for role, name in ROLES.items():
        cluster.run("create", "serviceaccount", name, "--namespace", "tenant-a")
        words = ("create", "rolebinding", name, f"--clusterrole={role}", f"--serviceaccount=tenant-a:{name}")
        cluster.run(*words, "--namespace", "tenant-a")


def _allowed(who: Account, resource: Resource) -> set[str]:
    return {verb for verb in VERBS if who.may(verb, resource)}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", OURS)
def test_what_a_role_may_do_at_home_and_away(tenants: None, accounts: Accounts, role: str, kind: str) -> None:
    resource = OURS[kind]
    home, away = (accounts.open(ROLES[role], "tenant-a", namespace) for namespace in ("tenant-a", "tenant-b"))
    writes = role in ("hardpan-tenant", "edit")
    wanted: set[str] = set()
    if kind in IN_NAMESPACE or kind in PUBLIC:
        wanted = set(DEPLOY) if kind == "Deployment" and writes else set(READ)
    assert _allowed(home, resource) == wanted
    assert _allowed(away, resource) == (set(READ) if kind in PUBLIC else set())
    assert not [verb for verb in ("update", "patch") if home.may(verb, resource, status=True)]


def test_without_a_role_only_trust_is_seen(tenants: None, cluster: Kubectl, accounts: Accounts) -> None:
    cluster.run("create", "serviceaccount", "eve", "--namespace", "tenant-b")
    eve = accounts.open("eve", "tenant-b", "tenant-a")
    assert {kind for kind, resource in OURS.items() if _allowed(eve, resource)} == set(PUBLIC)


def test_an_operator_writes_records_and_no_workload(tenants: None, cluster: Kubectl, accounts: Accounts) -> None:
    cluster.run("create", "serviceaccount", "olga", "--namespace", "default")
    words = ("create", "clusterrolebinding", "olga", "--clusterrole=hardpan-operator")
    cluster.run(*words, "--serviceaccount=default:olga")
    olga = accounts.open("olga", "default", "tenant-b")
    for kind in PUBLIC:
        assert {"create", "update", "patch", "delete"} <= _allowed(olga, OURS[kind])
    for kind in ("Machine", "Volume", "Job"):
        assert _allowed(olga, OURS[kind]) == {*READ, "delete"}
    assert "create" not in _allowed(olga, OURS["Node"])


def test_an_operator_may_look_at_all_that_the_doctor_looks_at(tenants: None, cluster: Kubectl) -> None:
    cluster.run("create", "clusterrolebinding", "oscar", "--clusterrole=hardpan-operator", "--user=oscar")
    looked_at = ("customresourcedefinitions", "validatingwebhookconfigurations", "leases", "nodes.hardpan.dev")
    for each in looked_at:
        assert cluster.run("auth", "can-i", "list", each, "--all-namespaces", "--as", "oscar").strip() == "yes"
