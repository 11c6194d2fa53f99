"""Each alert fires for what it is about, and for nothing else; a healthy installation is quiet.

promtool runs them as Prometheus would. A case changes only what it is about, so an alert that fires too easily is seen.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sal.command import Command, SystemRunner
from tests.system.alerts.cases import CASES, HEALTHY, Case, Series
from tests.system.requirements import need
from tests.unit.docs.markdown import page

ROOT = Path(__file__).parents[3]
RULES = ROOT / "charts" / "hardpan" / "files" / "alerts.yaml"
GROUPS: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"]
ALERTS: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'
SOON, LATE = "50m", "110m"
PATIENT = {each["alert"] for each in ALERTS if each.get("for") == "1h"}
names = [each["alert"] for each in ALERTS]


def samples(fired: list[str]) -> list[dict[str, Any]]:
    return [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in fired]


def trial(name: str, series: Series, fired: list[str], at: str, labels: str = "") -> dict[str, Any]:
    """What promtool is to try."""
    asked = [{"expr": FIRING, "eval_time": at, "exp_samples": samples(fired)}]
    if labels:
        one = f'count(ALERTS{{alertname="{fired[0]}", alertstate="firing", {labels}}})'
        asked.append({"expr": one, "eval_time": at, "exp_samples": [{"labels": "{}", "value": 1}]})
    told = [{"series": each, "values": values} for each, values in series.items()]
    return {"name": name, "interval": "1m", "input_series": told, "promql_expr_test": asked}


def of_case(case: Case) -> dict[str, Any]:
    at = LATE if case.alert in PATIENT else SOON
    labels = ", ".join(f"{label}={json.dumps(value)}" for label, value in case.labels.items())
    return trial(case.alert, case.series, [case.alert, *case.also], at, labels)


def promtool(folder: Path, *tests: dict[str, Any]) -> str:
    """What promtool says against it; nothing when all is so."""
    need("prometheus")
    file = folder / "trial.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": list(tests)}))
    done = SystemRunner().run(Command(("promtool", "test", "rules", str(file)), accepted_codes=(0, 1)))
    return "" if done.code == 0 else (done.stdout + done.stderr).decode()


def test_a_healthy_installation_is_quiet(tmp_path: Path) -> None:
    assert promtool(tmp_path, trial("healthy", HEALTHY, [], LATE)) == ""


@pytest.mark.parametrize("case", CASES, ids=[f"{each.alert}-{n}" for n, each in enumerate(CASES)])
def test_an_alert_fires_for_what_it_is_about_and_no_other_does(case: Case, tmp_path: Path) -> None:
    assert promtool(tmp_path, of_case(case)) == ""


def test_nothing_fires_before_its_time(tmp_path: Path) -> None:
    """A pod that starts is no alarm: all but those that are sure at once wait."""
    at_once = {each["alert"] for each in ALERTS if "for" not in each}
    assert at_once == {
        "HardpanForgeries", "HardpanNodeConflict", "HardpanReconcilesFail", "HardpanRemovalsHalted", "HardpanRestarts",
    }  # fmt: skip
    assert promtool(tmp_path, trial("starting", {}, [], "1m")) == ""


def test_each_alert_has_a_case() -> None:
    assert {each.alert for each in CASES} == set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", ALERTS, ids=names)
def test_each_alert_says_how_urgent_it_is_and_where_its_runbook_stands(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    file, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor == rule["alert"].lower()
    section = page(file).section(rule["alert"])
    assert all(re.search(rf"^\*\*{word}\.\*\*", section, re.MULTILINE) for word in ("Meaning", "Look", "Do"))


def test_the_runbooks_tell_of_no_alert_that_is_not_there() -> None:
    written = re.findall(r"^### (\w+)$", page("docs/runbooks.md").text, re.MULTILINE)
    assert sorted(written) == sorted(names)
