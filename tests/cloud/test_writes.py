"""How many times the API server is written to, counted by the API server itself."""

from __future__ import annotations

import re
from collections import Counter

from cli.demo.people import TENANT
from tests.cloud.cloud import Cloud

WRITES = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$", re.MULTILINE)
ROUNDS = 3
OURS = ("deployments", "jobs", "machines", "volumes", "revisionmarks")
SCRIPT = 'machine("frugal", #{ memory: "96Mi", disk: "64Mi", image: params.image });'
WITH_VOLUME = """
let data = volume("frugal-data", #{ size: "32Mi" });
machine("frugal", #{ memory: "96Mi", disk: "64Mi", image: params.image, volumes: [ #{ volume: data, mount: "/d" } ] });
"""


def writes(cloud: Cloud) -> Counter[str]:
    """Successful writes of our workload kinds so far, as `VERB resource/subresource`."""
    found: Counter[str] = Counter()
    for match in WRITES.finditer(cloud.kubectl.run("get", "--raw", "/metrics")):
        labels = dict(re.findall(r'(\w+)="([^"]*)"', match.group(1)))
        changes = labels["verb"] in ("POST", "PUT", "PATCH", "APPLY", "DELETE") and labels["code"].startswith("2")
        if labels["group"] == "hardpan.dev" and labels["resource"] in OURS and changes and not labels["dry_run"]:
            found[f"{labels['verb']} {labels['resource']}/{labels['subresource']}".rstrip("/")] += int(
                float(match.group(2))
            )
    return found


def cost(cloud: Cloud, script: str) -> Counter[str]:
    """What one deployment costs from apply to Ready, the user's own write left out.

    The least of a few: what takes longer than a second tells what it waits for, which is a write more.
    """
    return min((_cost_once(cloud, script) for _ in range(ROUNDS)), key=Counter.total)


def _cost_once(cloud: Cloud, script: str) -> Counter[str]:
    before = writes(cloud)
    cloud.deploy("frugal", 1, script=script)
    spent = writes(cloud) - before
    spent.subtract({"POST deployments": 1})
    cloud.delete("frugal")
    return +spent


def test_a_one_machine_deployment_costs_at_most_eight_writes_from_apply_to_ready(cloud: Cloud) -> None:
    spent = cost(cloud, SCRIPT)
    assert spent["POST machines"] == spent["POST jobs"] == 1
    assert spent.total() <= 8, spent


def test_a_volume_costs_at_most_two_more(cloud: Cloud) -> None:
    spent = cost(cloud, WITH_VOLUME)
    assert spent["POST volumes"] == 1
    assert spent.total() <= 10, spent


def test_a_deployment_that_is_as_described_costs_nothing(cloud: Cloud) -> None:
    cloud.deploy("frugal", 1, script=SCRIPT)
    settled = cloud.eventually(lambda: quiet(cloud), "the last write of the rollout")
    cloud.kubectl.run("annotate", "deployments.hardpan.dev", "frugal", "-n", TENANT, "note=look-again", "--overwrite")
    spent = (quiet(cloud) or writes(cloud)) - settled
    assert spent == Counter({"PATCH deployments": 1})


def quiet(cloud: Cloud) -> Counter[str] | None:
    """The writes so far, when two seconds brought none."""
    before = writes(cloud)
    cloud.pause(2.0)
    return before if writes(cloud) == before else None
