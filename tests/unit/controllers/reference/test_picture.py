"""The picture of the dashboard has every panel, and no name of a series breaks it."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from controllers.reference import dashboard
from tests.cluster.observability.picture import BAD, GOOD, Line, draw, shown

PANELS = json.loads(dashboard.text())["panels"]
SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[tuple[str, str]]:
    return [(each.text or "", each.attrib["fill"]) for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_every_panel_is_drawn_also_without_data() -> None:
    assert {each["title"] for each in PANELS} <= {words for words, _ in texts(draw(PANELS, {}))}


def test_a_bad_number_is_red_and_a_good_one_green() -> None:
    [trust] = [each["id"] for each in PANELS if each["title"] == "Trust ends in"]
    for days, colour in ((1.0, BAD), (10.0, GOOD)):
        line = Line("", ((0.0, days * 86_400),))
        assert (f"{days} days", colour) in texts(draw(PANELS, {trust: [line]}))


def test_a_name_with_markup_is_a_name() -> None:
    [panel] = [each["id"] for each in PANELS if each["title"] == "Nodes"]
    line = Line("<script>&", ((0.0, 1.0), (1.0, 2.0)))
    assert "<script>&" in [words for words, _ in texts(draw(PANELS, {panel: [line]}))]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(0.0123, "s", "12 ms"), (90.0, "s", "90.0 s"), (1 << 26, "bytes", "64 MiB"), (2.5, "ops", "2.5 ops/s")],
)
def test_numbers_have_their_unit(value: float, unit: str, words: str) -> None:
    assert shown(value, unit) == words
