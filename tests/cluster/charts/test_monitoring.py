"""Alerts and dashboard arrive in a cluster as they are in the files, and only when they are asked for."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.cluster.charts.helm import BASIC, CHARTS, Helm

FILES = CHARTS / "hardpan" / "files"


def made(renderer: Helm, *values: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The objects that these values add."""
    before = [(each["kind"], each["metadata"]["name"]) for each in renderer.template(*BASIC)]
    found = {(each["kind"], each["metadata"]["name"]): each for each in renderer.template(*BASIC, *values)}
    return {place: each for place, each in found.items() if place not in before}


def test_the_rule_of_the_operator_has_all_alerts(renderer: Helm) -> None:
    [(place, rule)] = made(renderer, "metrics.rules.enabled=true", "metrics.rules.labels.release=prom").items()
    assert place == ("PrometheusRule", "hardpan")
    assert rule["metadata"]["labels"]["release"] == "prom"
    assert rule["spec"] == yaml.safe_load((FILES / "alerts.yaml").read_text())


def test_who_has_no_operator_gets_them_as_a_file(renderer: Helm) -> None:
    [(place, found)] = made(renderer, "metrics.rules.configMap=true").items()
    assert place == ("ConfigMap", "hardpan-alerts")
    assert yaml.safe_load(found["data"]["hardpan-alerts.yaml"]) == yaml.safe_load((FILES / "alerts.yaml").read_text())


def test_the_dashboard_has_the_label_by_which_grafana_looks(renderer: Helm) -> None:
    [(place, found)] = made(renderer, "metrics.dashboard.enabled=true").items()
    assert place == ("ConfigMap", "hardpan-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["hardpan.json"]) == json.loads((FILES / "dashboard.json").read_text())
