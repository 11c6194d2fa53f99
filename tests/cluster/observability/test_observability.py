"""A real Prometheus scrapes the real controllers: the dashboard has data, the page names all, and no alert is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from controllers.reference import metrics
from controllers.reference.panels import Panel
from controllers.reference.rows import ROWS
from tests.cluster.observability.scene import Scene, scene
from tests.system.requirements import need

PANELS = [panel for row in ROWS for panel in row.panels]
SCRAPES_SECONDS = 20.0


@pytest.fixture(scope="module")
def watched() -> Iterator[Scene]:
    """One deployment is Ready, another was refused, and some scrapes have seen it."""
    need("root", "redis", "netns", "prometheus")
    with scene() as made:
        made.deploy("web")
        made.forge("forged")
        time.sleep(SCRAPES_SECONDS)
        yield made


@pytest.mark.timeout(300)
@pytest.mark.parametrize("panel", PANELS, ids=[each.title for each in PANELS])
def test_each_query_of_the_dashboard_is_answered_with_data(watched: Scene, panel: Panel) -> None:
    for query in panel.queries:
        assert watched.prometheus.query(query.expression), f"no data for {query.expression}"


def test_the_first_row_says_that_all_is_well(watched: Scene) -> None:
    for panel in ROWS[0].panels:
        [found] = watched.prometheus.query(panel.queries[0].expression)
        number = float(found["value"][1])
        assert panel.bad_below is None or number >= panel.bad_below, panel.title
        assert panel.bad_above is None or number < panel.bad_above, panel.title


def test_the_page_tells_of_what_is_scraped_and_of_nothing_else(watched: Scene) -> None:
    known = {each.name: each.type for told in metrics.of_roles().values() for each in told}
    scraped = {name for name in watched.prometheus.names() if name.startswith("hardpan_")}
    wanted = {f"{name}{end}" for name, kind in known.items() for end in
              (("_bucket", "_count", "_sum") if kind == "histogram" else ("",))}  # fmt: skip
    created = {name for name in scraped if name.endswith("_created")}
    assert scraped - created - wanted == set()
    assert wanted - scraped == set()


def test_prometheus_can_evaluate_every_alert_and_none_fires(watched: Scene) -> None:
    rules = watched.prometheus.rules()
    assert len(rules) > 20
    assert [each["name"] for each in rules if each["health"] != "ok"] == []
    assert [each["name"] for each in rules if each["state"] == "firing"] == []


def test_one_trace_goes_from_the_apply_to_the_machine(watched: Scene) -> None:
    told = [span for _, span in watched.collector.spans]
    [trace] = {each["traceId"] for each in told if each["name"] == "apply" and "status" not in each}
    ours = {each["name"]: each for each in told if each["traceId"] == trace}
    parents = {name: next((n for n, each in ours.items() if each["spanId"] == span.get("parentSpanId")), "")
               for name, span in ours.items()}  # fmt: skip
    assert parents == {
        "apply": "", "accept": "apply", "job": "accept", "run": "job", "volume.ensure": "run", "machine.ensure": "run",
    }  # fmt: skip
    services = {span["name"]: service for service, span in watched.collector.spans}
    assert services["apply"] == "hardpan-admission"
    assert services["job"] == "hardpan-supervisor"
    assert services["machine.ensure"] == "hardpan-node"


def test_the_logs_of_all_hops_name_the_trace(watched: Scene) -> None:
    [trace] = {span["traceId"] for _, span in watched.collector.spans if span["name"] == "accept"}
    logs = watched.cloud.demo.layout.control_plane
    for role in ("admission", "supervisor"):
        assert f"trace {trace}" in (logs / f"{role}.log").read_text()


def test_an_alert_fires_for_a_controller_that_is_gone(watched: Scene) -> None:
    """The whole way once: process, scrape, rule. `for` is left out, the rule's own expression is asked."""
    [rule] = [each for each in watched.prometheus.rules() if each["name"] == "HardpanNotWorking"]
    assert watched.prometheus.query(rule["query"]) == []
    watched.cloud.demo.control_plane.processes.stop("control-plane", 30.0)
    found = watched.cloud.demo.wait(
        lambda: found if len(found := watched.prometheus.query(rule["query"])) == 5 else None, "five roles", lambda: ""
    )
    assert {each["metric"]["role"] for each in found} == {"ledger", "coord", "supervisor", "gateway", "admission"}
