"""A second, small release is the supervisor of one more region, beside the whole installation."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
import yaml

from cli.kubectl import Kubectl
from controllers.loop.objects import LEASE, resource_of
from crds.machine import MACHINE
from tests.cluster.charts.account import Account, Accounts
from tests.cluster.charts.helm import BASIC, NAMESPACE, Helm, HelmRefused
from tests.unit.crds.cases import whole

REGION = "hardpan-eu"
VALUES = (*BASIC, f"home={NAMESPACE}", "supervisor.name=eu")
MACHINES = f"/apis/hardpan.dev/v1alpha1/namespaces/default/{resource_of(MACHINE).plural}?dryRun=All"


@pytest.fixture(scope="module")
def region(helm: Helm, cluster: Kubectl) -> Iterator[str]:
    """The notes of the region's release."""
    yield helm.install("hardpan", *VALUES, release=REGION, namespace=REGION)
    helm.run("uninstall", REGION, "--namespace", REGION)
    assert cluster.get("deployment", "hardpan-ledger", NAMESPACE) is not None


def test_it_brings_supervisor_gateway_and_queue_only(region: str, cluster: Kubectl) -> None:
    found = {each["metadata"]["name"] for each in cluster.list("deployments.apps,statefulsets", REGION)}
    assert found == {"hardpan-supervisor", "hardpan-gateway", "hardpan-redis"}


def test_its_notes_say_how_the_whole_installation_lets_it_in_beside_others(region: str) -> None:
    _, _, values = region.partition("beside other regions")
    told = yaml.safe_load(values.partition("upgrade it:\n")[2].partition("   What it has now")[0])
    assert told["policies"]["supervisors"] == ["system:serviceaccount:hardpan-eu:hardpan-supervisor"]
    assert told["networkPolicy"]["regions"] == ["hardpan-eu"]
    # What helm is told by --set takes the place of the whole list, and shuts out the region before.
    assert "--set" not in region


def test_its_program_makes_no_authority(region: str, cluster: Kubectl) -> None:
    (job,) = cluster.list("jobs.batch", REGION)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    told = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert told["HARDPAN_CERTIFICATES_ELSEWHERE"] == "hardpan-site-ca"


def test_its_lease_is_where_coord_looks_and_it_cannot_take_another_supervisors(region: str, accounts: Accounts) -> None:
    eu = accounts.open("hardpan-supervisor", REGION, NAMESPACE)
    assert eu.may("patch", LEASE, name="hardpan-supervisor-eu")
    assert not eu.may("patch", LEASE, name="hardpan-supervisor-main")


def test_it_makes_machines_once_the_whole_installation_names_it(region: str, helm: Helm, accounts: Accounts) -> None:
    eu = accounts.open("hardpan-supervisor", REGION, "default")
    assert _machine(eu).status_code == 422
    helm.install("hardpan", *BASIC, f"policies.supervisors={{system:serviceaccount:{REGION}:hardpan-supervisor}}")
    deadline = time.monotonic() + 30
    while (answer := _machine(eu)).status_code != 201:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    helm.install("hardpan", *BASIC)


def test_its_certificates_program_cannot_change_whom_the_webhook_trusts(region: str, accounts: Accounts) -> None:
    place = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/hardpan?dryRun=All"
    assert accounts.open("hardpan-certificates", REGION).send("PATCH", place, {}).status_code == 403
    assert accounts.open("hardpan-certificates", NAMESPACE).send("PATCH", place, {}).status_code == 200


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("home=elsewhere",), "home is elsewhere, but the whole installation is in namespace hardpan-system"),
        (("home=hardpan-us",), "this release needs another one, and no cleanup"),
        ((f"home={NAMESPACE}", "cleanup=Everything"), "this release needs another one, and no cleanup"),
    ],
)
def test_a_wrong_home_is_refused(region: str, helm: Helm, values: tuple[str, ...], words: str) -> None:
    with pytest.raises(HelmRefused, match=words):
        helm.install("hardpan", *BASIC, *values, release="us", namespace="hardpan-us")


def _machine(who: Account) -> httpx.Response:
    made = whole(MACHINE, "minimal")
    made["metadata"]["namespace"] = "default"
    return who.send("POST", MACHINES, made)
