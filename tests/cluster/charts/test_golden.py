"""What the chart makes of the values that people change first."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.cluster.charts.golden import CASES, WHOLE, file, kept
from tests.cluster.charts.helm import BASIC, CLUSTER, Helm, HelmRefused


@pytest.mark.parametrize("case", CASES)
def test_the_objects_of_a_case_are_those_that_are_kept(renderer: Helm, case: str) -> None:
    assert kept(renderer, case) == file(case).read_text(), "look at the change, then `make charts`"


@pytest.mark.parametrize("case", [WHOLE, "external-redis"])
def test_no_container_is_told_a_variable_twice(renderer: Helm, case: str) -> None:
    pods = [each["spec"]["template"]["spec"] for each in renderer.template(*BASIC, *CASES[case]) if is_workload(each)]
    assert pods
    for container in (container for pod in pods for container in pod["containers"]):
        told = Counter(each["name"] for each in container.get("env", ()))
        assert set(told.values()) <= {1}, told.most_common(1)


def is_workload(made: dict[str, Any]) -> bool:
    """Whether it makes pods."""
    return made["kind"] in {"Deployment", "StatefulSet", "Job"}


@pytest.mark.parametrize("chart", ["hardpan", "hardpan-crds"])
def test_helm_finds_nothing_wrong_with_the_charts(renderer: Helm, chart: str) -> None:
    values = [word for each in BASIC for word in ("--set", each)] if chart == "hardpan" else []
    assert "0 chart(s) failed" in renderer.run("lint", "--strict", f"charts/{chart}", *values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("cluter=x",), "additional properties 'cluter' not allowed"),
        (("gateway.service.prot=8443",), "at '/gateway/service': additional properties 'prot' not allowed"),
        (("gateway.replicas=two",), "at '/gateway/replicas': got string, want integer"),
        (("cluster=sha256:12",), "at '/cluster': 'sha256:12' does not match pattern"),
        (("gateway.service.type=Ingress",), "at '/gateway/service/type': value must be one of"),
        (("image.digest=latest",), "at '/image/digest'"),
        ((), "cluster is not set: `hardpan init` prints it"),
        ((f"cluster={CLUSTER}",), "nodes would not find the queue: set queueUrl="),
        ((*BASIC, "redis.bundled.enabled=false", "queueUrl=rediss://q:1"), "redis.external.url does not say where"),
        ((*BASIC, "tls.certManager.enabled=true"), "name its issuer with tls.certManager.issuer.name"),
        ((*BASIC, "test.secret=guest"), "test.secret names whose keys they are only with test.token and test.tenant"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(renderer: Helm, values: tuple[str, ...], words: str) -> None:
    with pytest.raises(HelmRefused) as refusal:
        renderer.template(*values)
    assert words in str(refusal.value)
