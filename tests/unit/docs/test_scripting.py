"""The page on the script language equals the language: functions, options, defaults, bounds, errors, examples."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crds.workload import ChangeClass, MachineItem, VolumeItem
from plans.difference import ORDER
from plans.errors import ScriptError
from plans.evaluate import BUILT_IN, LIMITS, evaluate
from plans.language import LATER, MACHINE_DEFAULTS, VOLUME_DEFAULTS, Recorder
from plans.model import LARGEST_PLAN, MOST_RESOURCES
from plans.quantity import LARGEST, format_quantity, parse_quantity
from tests.unit.docs.markdown import page, spans, tables

PAGE = page("docs/scripting.md")
IMAGE = "https://images.example/guest.raw#sha256=" + "1" * 64
REQUIRED = "none, required"
FIELDS = {"node_labels": "nodeLabels", "on_delete": "onDelete", "bin_days": "binDays"}


def literal(value: Any) -> str:
    """A value as a script writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value == {}:
        return "#{}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def options(section: str, table: int = 0) -> dict[str, list[str]]:
    """The rows of a table of options by name."""
    return {row[0].strip("`"): row[1:] for row in tables(PAGE.section(section))[table][1:]}


@pytest.mark.parametrize(("section", "defaults"), [("machine", MACHINE_DEFAULTS), ("volume", VOLUME_DEFAULTS)])
def test_options_and_defaults_are_those_of_the_language(section: str, defaults: dict[str, Any]) -> None:
    listed = options(section)
    required = {name for name, row in listed.items() if row[0] == REQUIRED}
    assert set(listed) - required == set(defaults)
    for name, default in defaults.items():
        assert listed[name][0] == f"`{literal(default)}`", f"the default of {name}"
    for name in required:
        with pytest.raises(ScriptError, match=f"needs a.? {name}"):
            evaluate(f'{section}("a", #{{}});', {})


@pytest.mark.parametrize(("section", "model"), [("machine", MachineItem), ("volume", VolumeItem)])
def test_what_changing_an_option_does_is_its_class(section: str, model: type[MachineItem] | type[VolumeItem]) -> None:
    for name, row in options(section).items():
        extra = model.model_fields[name].json_schema_extra
        assert isinstance(extra, dict)
        assert row[-1].split(" ")[0].rstrip(",") == extra["x-change"], f"{section} {name}"


@pytest.mark.parametrize(("section", "model"), [("machine", MachineItem), ("volume", VolumeItem)])
def test_numbers_are_bounded_as_written(section: str, model: type[MachineItem] | type[VolumeItem]) -> None:
    schema = model.model_json_schema(by_alias=True)["properties"]
    for name, row in options(section).items():
        field = schema[FIELDS.get(name, name)]
        if field.get("type") == "integer":
            low, high = bounds(row[1])
            assert (low, high) == (field["minimum"], field["maximum"]), f"{section} {name}: {row[1]}"
            assert ("whole Mi" in row[1]) == (field.get("multipleOf") == 1 << 20)
        most = field.get("maxItems") or field.get("maxProperties")
        if most:
            assert f"at most {most}" in row[1], f"{section} {name}"
        for word in field.get("enum", [field["const"]] if "const" in field else []):
            assert f'`"{word}"`' in row[1], f"{section} {name} accepts {word}"


def bounds(text: str) -> tuple[int, int]:
    """`16Mi` to `16Ti`, or 1 to 64."""
    low, high = re.match(r"`?(\w+)`? to `?(\w+)`?", text).groups()  # type: ignore[union-attr]
    return amount(low), amount(high)


def amount(text: str) -> int:
    return int(text) if text.isdecimal() else parse_quantity(text, "bound")


def test_an_entry_of_volumes_has_these_keys() -> None:
    listed = options("machine", 1)
    script = 'let v = volume("v", #{ size: "16Mi" }); machine("m", #{ image: params.image, volumes: [ENTRY] });'
    with pytest.raises(ScriptError, match=f"it takes {', '.join(sorted(listed))}"):
        evaluate(script.replace("ENTRY", "#{ qqq: 1 }"), {"image": IMAGE})
    plan = evaluate(script.replace("ENTRY", '#{ volume: v, mount: "/data" }'), {"image": IMAGE}).plan
    item = plan.resources[1].item
    assert isinstance(item, MachineItem)
    assert literal(item.volumes[0].read_only) == listed["read_only"][0].strip("`")


def test_functions_and_their_numbers_of_arguments() -> None:
    functions = {name: tuple(counts) for name, (_, counts) in Recorder({}).functions().items() if name not in LATER}
    rows = tables(PAGE.section("Functions"))[0][1:]
    listed = {row[0].strip("`"): tuple(int(count) for count in row[1].split(" or ")) for row in rows}
    assert listed == functions


def test_what_comes_later_is_named() -> None:
    line = next(line for line in PAGE.section("Functions").splitlines() if line.startswith("Reserved"))
    assert tuple(spans(line)) == LATER


def test_built_in_functions_are_listed() -> None:
    paragraph = PAGE.section("What Rhai offers").split("Built-in functions")[1].split("\n\n")[0]
    assert tuple(spans(paragraph)) == BUILT_IN


def test_bounds_are_the_limits() -> None:
    listed = {row[0].strip("`"): row[1] for row in tables(PAGE.section("Bounds"))[0][1:]}
    limits = {name: f"{getattr(LIMITS, name):,}".removesuffix(".0") for name in LIMITS.__dataclass_fields__}
    assert listed == limits
    assert f"{MOST_RESOURCES:,} resources and {LARGEST_PLAN:,} bytes" in PAGE.section("Bounds")
    assert f"`{format_quantity(LARGEST)}`" in PAGE.section("Amounts")


@pytest.mark.parametrize("row", tables(PAGE.section("Errors"))[0][1:], ids=lambda row: row[0])
def test_each_error_reads_as_written(row: list[str]) -> None:
    (script,) = spans(row[0])
    with pytest.raises(ScriptError) as raised:
        evaluate(script, {"replicas": 2})
    assert str(raised.value).replace("`", "") == row[1].replace("`", "")


@pytest.mark.parametrize("script", PAGE.blocks("rhai"))
def test_each_example_gives_a_plan(script: str) -> None:
    plan = evaluate(script, {"replicas": 2, "image": IMAGE}).plan
    assert [each.key for each in plan.resources] == ["volume/data-0", "machine/web-0", "volume/data-1", "machine/web-1"]


@pytest.mark.parametrize("word", ["1.5", 'import "x" as y', 'eval("1")', "Fn", "curry", "sleep(1)", "parse_json"])
def test_what_is_left_out_is_left_out(word: str) -> None:
    script = {"Fn": 'Fn("a")', "curry": "[1].curry(2)", "parse_json": 'parse_json("1")'}.get(word, word)
    with pytest.raises(ScriptError):
        evaluate(f"let x = {script};", {})


def test_every_class_of_change_is_told() -> None:
    rows = tables(PAGE.section("What changing an option does"))[0][1:]
    assert [row[0] for row in rows] == [each.value for each in ORDER] == [each.value for each in ChangeClass]
