"""Each thing that can be wrong with an installation is named, with its remedy; nothing else is."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cli.doctor.check import State
from cli.doctor.examination import Diagnosis, data, examine, is_well, text
from cli.doctor.installation_checks import CHECKS
from cli.doctor.testing import NODE, NOW, FakeInstallation, ago, condition, lease, thing
from cli.errors import CliError
from crds.stamp import Stamp, digest_of
from jobs.inspection import Inspection

MIB = 1 << 20
HOOKS = "validatingwebhookconfigurations.admissionregistration.k8s.io"
QUEUE = Inspection("7.0.15", True, True, 10 * MIB, 256 * MIB, "noeviction", frozenset({"supervisor", NODE}), {})


def trust(ends: timedelta) -> Any:
    """A verified snapshot, as far as the check reads it."""
    return SimpleNamespace(title="41 of 2026-11-20", expires=NOW + ends)


@pytest.fixture
def installation() -> FakeInstallation:
    """One on which everything can be looked at, and nothing is wrong."""
    return FakeInstallation(view=trust(timedelta(days=10)), inspection=QUEUE, ends={"X (x.pem)": NOW + timedelta(99)})


def bad(installation: FakeInstallation) -> list[Diagnosis]:
    """What is not well."""
    return [each for each in examine(CHECKS, installation) if each.finding.state is not State.WELL]


def test_nothing_is_wrong_with_an_installation_that_is_well(installation: FakeInstallation) -> None:
    found = examine(CHECKS, installation)
    assert bad(installation) == []
    assert is_well(found)
    assert {each.check for each in found} == {each.name for each in CHECKS}
    assert text(found).endswith("\nNothing is wrong.")


def named(**changes: Any) -> Callable[[FakeInstallation], None]:
    """Sets fields."""
    return lambda it: vars(it).update(changes)


def added(resource: str, *objects: dict[str, Any]) -> Callable[[FakeInstallation], None]:
    """Adds objects."""
    return lambda it: it.held.setdefault(resource, []).extend(objects)


def without(resource: str, index: int = 0) -> Callable[[FakeInstallation], None]:
    """Takes one object away."""
    return lambda it: it.held[resource].__delitem__(index)


def queue(**changes: Any) -> Callable[[FakeInstallation], None]:
    """A queue that differs."""
    return named(inspection=replace(QUEUE, **changes))


def _other_schema(it: FakeInstallation) -> None:
    it.held["customresourcedefinitions"][0]["spec"]["versions"][0]["schema"] = {}


def _older(it: FakeInstallation) -> None:
    it.held["customresourcedefinitions"][0]["metadata"]["annotations"] = Stamp("0.0.9", "another").annotations()


def _newer(it: FakeInstallation) -> None:
    held = it.held["customresourcedefinitions"][0]
    held["spec"]["versions"][0]["schema"] = {}
    held["metadata"]["annotations"] = Stamp("99.0.0", digest_of(held)).annotations()


def deployment(name: str, *conditions: dict[str, str], **fields: Any) -> Callable[[FakeInstallation], None]:
    """A deployment more."""
    return added("deployments.hardpan.dev", thing(name, *conditions, namespace="shop", **fields))


LEASES, NODES = "leases.coordination.k8s.io", "nodes.hardpan.dev"
WRONG = {
    "the API server is not ready": (named(ready="[-]etcd failed"), "API server", "says '[-]etcd failed' at /readyz"),
    "a kind is missing": (without("customresourcedefinitions"), "kinds", "missing: trusts.hardpan.dev"),
    "a kind is of an older version": (_older, "kinds", "CRD trusts.hardpan.dev is of version 0.0.9, "),
    "a kind was changed": (_other_schema, "kinds", "not as they were installed: trusts.hardpan.dev"),
    "trust has ended": (named(view=trust(timedelta(-1))), "trust", "snapshot 41 of 2026-11-20 ended"),
    "the ledger never ran": (without(LEASES), "controllers", "ledger has never run here"),
    "a controller is silent": (
        lambda it: it.held[LEASES].__setitem__(1, lease("coord", 300)), "controllers", "coord is silent since 5 min"),
    "a supervisor ended": (
        lambda it: it.held[LEASES][2]["spec"].update(holderIdentity=""), "controllers", "supervisor-main ended"),
    "a region has no supervisor": (
        deployment("far", condition("Ready", "True", "AsDescribed"), spec={"region": "mars"}), "regions",
        "nobody serves region mars"),
    "no webhook": (
        without(HOOKS), "admission", "no webhook is registered"),
    "the webhook is not asked": (named(said=None), "admission", "an unsigned deployment would be taken"),
    "the webhook is not asked, for somebody before it refuses": (
        named(said="spec.signatures: Invalid value: not signed yet"), "admission", "nobody asked it: spec.signatures"),
    "the webhook does not answer": (
        named(said='failed calling webhook "deployments.hardpan.dev": connection refused'), "admission",
        "does not answer (connection refused)"),
    "Redis is away": (named(failing={"queue": CliError("no route")}), "queue", "cannot be looked at: no route"),
    "Redis keeps nothing": (queue(appends=False), "queue", "keeps nothing on disk"),
    "Redis cannot write": (queue(last_write_ok=False), "queue", "could not write its log"),
    "Redis evicts": (queue(policy="allkeys-lru"), "queue", "drops entries when it is full"),
    "Redis lets a stranger in": (queue(users=frozenset({"supervisor", "default"})), "queue", "lets in default"),
    "a node does not take its jobs": (queue(waiting={NODE: 2000}), "queue", f"2000 jobs wait for {NODE}"),
    "a certificate ended": (named(ends={"X (x.pem)": NOW - timedelta(1)}), "certificates", "X (x.pem) ended"),
    "a renewal failed for long": (
        named(secrets={"Secret hardpan-ledger-tls": NOW - timedelta(1)}), "certificates",
        "Secret hardpan-ledger-tls ended"),
    "a node is silent": (
        added(NODES, thing("n-2", condition("Ready", "Unknown", "Lost", "no report", 900))), "nodes",
        "n-2: Lost since 15 min"),
    "a node's clock is off": (
        added(NODES, thing("n-2", condition("Ready", "True", "Reporting"),
                           condition("Healthy", "False", "ClockSkew", "its clock is 90 s ahead"))), "nodes",
        "n-2: ClockSkew. its clock is 90 s ahead"),
    "a deployment is stuck": (
        deployment("bad", condition("Ready", "False", "NoNodeFits"),
                   condition("Stalled", "True", "NoNodeFits", "no node fits", 600)), "deployments",
        "shop/bad is stuck since 10 min: NoNodeFits. no node fits"),
    "a deployment takes too long": (
        deployment("slow", condition("Ready", "False", "Updating", "waiting for machine web-0", 600)), "deployments",
        "shop/slow is not Ready since 10 min: Updating. waiting for machine web-0"),
    "nobody looks at a deployment": (deployment("new"), "deployments", "shop/new: nobody has looked at it yet"),
    "a job is too old": (
        added("jobs.hardpan.dev", thing("web-1", namespace="shop", spec={"node": NODE})), "jobs",
        "shop/web-1 is open since 60 min, and its node has said nothing"),
    "a finalizer stays": (
        added("machines.hardpan.dev", thing("web-0", namespace="shop", spec={"node": NODE}, metadata={
            "deletionTimestamp": ago(1200), "finalizers": ["hardpan.dev/workload"]})), "deletions",
        "machine shop/web-0 goes since 20 min, held by hardpan.dev/workload"),
    "a machine goes from a node that is gone": (
        added("machines.hardpan.dev", thing("web-0", namespace="shop", spec={"node": "n-gone"}, metadata={
            "deletionTimestamp": ago(1200)})), "deletions",
        "machine shop/web-0 goes since 20 min, and its node n-gone is gone"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_once_with_a_remedy(installation: FakeInstallation, what: str) -> None:
    break_it, check, words = WRONG[what]
    break_it(installation)
    found = [each for each in bad(installation) if each.finding.state is State.WRONG]
    assert [each.check for each in found if words in each.finding.message] == [check]
    assert len(found) == 1
    assert found[0].finding.remedy
    assert not is_well(found)


SOON = {
    "trust ends soon": (named(view=trust(timedelta(days=3))), "trust", "ends"),
    "a certificate ends soon": (named(ends={"X": NOW + timedelta(days=3)}), "certificates", "X ends 2026-11-27"),
    "a renewal failed": (
        named(secrets={"Secret hardpan-ledger-tls": NOW + timedelta(13)}), "certificates", "hardpan-ledger-tls ends"),
    "the authority is in its last year": (
        named(secrets={"Secret hardpan-site-ca": NOW + timedelta(364)}), "certificates", "hardpan-site-ca ends"),
    "Redis is nearly full": (queue(used=250 * MIB), "queue", "nearly full: 250Mi of 256Mi"),
    "Redis has no limit": (queue(most=0), "queue", "no limit of memory"),
    "jobs for nobody": (queue(waiting={"n-gone": 3}), "queue", "holds jobs for n-gone"),
    "a node waits for approval": (
        added(NODES, thing("n-2", condition("Ready", "False", "WaitingForApproval", "waits for an operator"))), "nodes",
        "n-2: WaitingForApproval"),
    "a signature ends soon": (
        deployment("old", condition("Ready", "True", "AsDescribed"),
                   condition("RenewalDue", "True", "SignatureEndsSoon", "ends 2026-12-01")), "deployments",
        "SignatureEndsSoon"),
}  # fmt: skip


@pytest.mark.parametrize("what", SOON)
def test_what_will_be_wrong_is_told_and_fails_nobody_s_script(installation: FakeInstallation, what: str) -> None:
    break_it, check, words = SOON[what]
    break_it(installation)
    found = bad(installation)
    assert [(each.check, each.finding.state) for each in found] == [(check, State.SOON)]
    assert words in found[0].finding.message
    assert found[0].finding.remedy
    assert is_well(found)


def test_kinds_that_are_newer_than_the_program_are_well(installation: FakeInstallation) -> None:
    _newer(installation)
    assert bad(installation) == []


def test_what_cannot_be_asked_from_here_is_skipped_and_says_where_to_ask() -> None:
    found = bad(FakeInstallation())
    assert [(each.check, each.finding.state) for each in found] == [
        ("trust", State.SKIPPED), ("queue", State.SKIPPED), ("certificates", State.SKIPPED),
    ]  # fmt: skip
    assert all(each.finding.remedy for each in found)


def test_secrets_that_one_may_not_read_are_nothing_wrong(installation: FakeInstallation) -> None:
    installation.failing["issued"] = CliError("Error from server (Forbidden): secrets is forbidden")
    assert [(each.check, each.finding.state) for each in bad(installation)] == [("certificates", State.SKIPPED)]
    installation.failing["issued"] = CliError("no answer")
    assert [(each.check, each.finding.state) for each in bad(installation)] == [("certificates", State.WRONG)]


def test_an_ended_authority_of_the_webhook_is_told(
    installation: FakeInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = installation.held[HOOKS][0]["webhooks"][0]
    hook["clientConfig"]["caBundle"] = base64.b64encode(b"a certificate").decode()
    ended = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr("cli.doctor.installation_checks.admission.earliest_end", lambda pem, what: ended)
    assert [each.finding.message for each in bad(installation)] == ["its authority ended 2026-01-01 00:00 UTC"]


def test_data_says_the_same_as_text(installation: FakeInstallation) -> None:
    installation.said = None
    found = examine(CHECKS, installation)
    said = data(found)
    assert said["well"] is False
    assert [each["check"] for each in said["findings"] if each["state"] == "wrong"] == ["admission"]
    assert "✗ admission" in text(found)
    assert "1 thing is wrong." in text(found)
    assert all(len(line) <= 100 for line in text(found).splitlines())
