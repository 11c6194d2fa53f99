"""What the charts have of the models is committed as the models say it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from charts import definitions
from charts.__main__ import CHART, FOLDER, wanted
from charts.values.settings import settings
from crds.kinds import KINDS
from crds.meta import KindDefinition
from crds.schema import manifest
from crds.stamps import RELEASE

TEMPLATES = FOLDER / "hardpan-crds" / "templates"


def test_the_committed_files_are_what_the_models_say() -> None:
    differing = sorted(str(file) for file, text in wanted().items() if not file.exists() or file.read_text() != text)
    assert differing == [], "run `make charts` and commit what it writes"


def test_no_template_is_left_of_a_kind_that_is_gone() -> None:
    assert set(TEMPLATES.glob("*.yaml")) == set(definitions.files(TEMPLATES))


@pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])
def test_a_kind_of_the_chart_is_the_kind_itself_and_is_kept(kind: KindDefinition) -> None:
    made = yaml.load(definitions.text(kind), yaml.CSafeLoader)
    assert made["metadata"]["annotations"].pop("helm.sh/resource-policy") == "keep"
    assert made == manifest(kind)


@pytest.mark.parametrize("chart", ["hardpan", "hardpan-crds"])
def test_both_charts_have_the_version_of_the_program(chart: str) -> None:
    made = yaml.safe_load((FOLDER / chart / "Chart.yaml").read_text())
    version = next(
        line.partition('"')[2].rstrip('"')
        for line in (FOLDER.parent / "pyproject.toml").read_text().splitlines()
        if line.startswith("version = ")
    )
    assert (made["version"], made["appVersion"], RELEASE) == (version, version, version)


def test_controllers_may_look_at_the_version_of_every_kind() -> None:
    rights = (CHART / "templates" / "_rights.tpl").read_text()
    [line] = [each for each in rights.splitlines() if "splitList" in each]
    assert line.split('"')[3].split() == [kind.plural for kind in KINDS]


def test_values_hold_every_setting_with_its_default() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for setting in settings():
        held = values
        for key in setting.path:
            held = held[key]
        if not setting.group:
            assert held == setting.default, setting.path


def test_every_setting_says_what_it_means() -> None:
    assert [each.path for each in settings() if not each.meaning.endswith(".")] == []


def test_every_setting_is_used_by_a_template() -> None:
    folder: Path = CHART / "templates"
    text = "".join(file.read_text() for file in folder.rglob("*") if file.is_file())
    unused = [each.path for each in settings() if not each.group and f".{each.path[-1]}" not in text]
    whole = {"requests", "limits"}
    assert [path for path in unused if path[-2] not in whole] == []
