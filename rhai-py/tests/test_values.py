"""What crosses into a script and out of it, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rhai

ENGINE = rhai.Engine({"give": (lambda value: value, [1])})
LARGEST = 2**63 - 1
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST - 1, LARGEST) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(values)
@settings(derandomize=True, deadline=None)
def test_a_value_comes_out_as_it_went_in_by_variable_and_by_function(value: Any) -> None:
    for text in ("v", "give(v)"):
        found = ENGINE.compile(text, ["v"]).run({"v": value}).value
        assert found == value
        assert type(found) is type(value)


def test_a_tuple_is_a_list_and_a_character_a_text() -> None:
    assert ENGINE.compile("v", ["v"]).run({"v": (1, (2,))}).value == [1, [2]]
    assert ENGINE.compile("'é'").run({}).value == "é"


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        (1.5, TypeError, "float"),
        (b"x", TypeError, "bytes"),
        ({1}, TypeError, "set"),
        ([{"a": object()}], TypeError, "object"),
        ({1: 2}, TypeError, "keys of a map are strings"),
        (2**63, OverflowError, "beyond 64 bits"),
        (-(2**63) - 1, OverflowError, "beyond 64 bits"),
        ("\ud800", ValueError, "lone surrogate"),
        ({"\ud800": 1}, ValueError, "lone surrogate"),
    ],
)
def test_what_does_not_cross_is_refused(value: Any, error: type[Exception], says: str) -> None:
    script = ENGINE.compile("v", ["v"])
    with pytest.raises(error, match=says):
        script.run({"v": value})


def nested(levels: int) -> Any:
    """A list in a list in a list."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_sixty_four_levels_cross_and_not_one_more() -> None:
    script = ENGINE.compile("v", ["v"])
    assert script.run({"v": nested(64)}).value == nested(64)
    with pytest.raises(ValueError, match="64 levels"):
        script.run({"v": nested(65)})
    deeper = ENGINE.compile("let a = 1; for i in 0..n { a = [a]; } a", ["n"])
    assert deeper.run({"n": 64}).value == nested(64)
    with pytest.raises(rhai.EvalError, match="64 levels"):
        deeper.run({"n": 65})


@pytest.mark.parametrize(
    ("text", "kind"),
    [("|x| x", "Fn"), ("0..3", "range"), ("0..=3", "range"), ('"x".to_blob()', "blob"), ("[|x| x]", "Fn")],
)
@pytest.mark.parametrize("way", ["{}", "give({})", "#{{a: [{}]}}"])
def test_functions_ranges_and_bytes_stay_inside(text: str, kind: str, way: str) -> None:
    script = ENGINE.compile(way.format(text))
    with pytest.raises(rhai.EvalError, match=f"type .*{kind}.* does not leave the script"):
        script.run({})


def test_a_list_that_contains_itself_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="64 levels"):
        ENGINE.compile("v", ["v"]).run({"v": circle})


def test_a_variable_is_a_constant_of_which_a_copy_can_change() -> None:
    script = ENGINE.compile("let mine = v; mine.a = 2; [v.a, mine.a]", ["v"])
    assert script.run({"v": {"a": 1}}).value == [1, 2]
    with pytest.raises(rhai.RhaiError, match="constant"):
        ENGINE.compile("v.a = 2", ["v"]).run({"v": {"a": 1}})


def test_what_is_printed_comes_with_the_run() -> None:
    run = ENGINE.compile('print("a"); debug("b"); print([1, "c", (), #{d: true}]); 5').run({})
    assert run.printed == ["a", '"b"', '[1, "c", (), #{"d": true}]']
    assert (run.value, run.operations > 0, run.peak_memory > 0) == (5, True, True)


def test_lists_maps_and_json_are_spelled() -> None:
    text = 'let v = #{b: [1, "x"], a: ()}; [`${v}`, "" + v.b, v.to_json(), [1, [2]].to_string(), v.b.to_debug()]'
    spelled = ['#{"a": (), "b": [1, "x"]}', '[1, "x"]', '{"a":null,"b":[1,"x"]}', "[1, [2]]", '[1, "x"]']
    assert ENGINE.compile(text).run({}).value == spelled


def test_replace_takes_texts_and_characters() -> None:
    text = (
        """let s = "aXbX"; s.replace("X", "--"); s.replace('a', 'A'); s.replace('b', "bb"); s.replace("--", '.'); s"""
    )
    assert ENGINE.compile(text).run({}).value == "A.bb."
    assert ENGINE.compile('let s = "ab"; s.replace("", "-"); s').run({}).value == "-a-b-"


def test_a_function_has_no_name_that_could_differ_from_build_to_build() -> None:
    text = 'let f = |x| x + 1; [`${f}`, "" + [f], `${#{ a: [f] }}`, f.to_string(), [f].to_debug()]'
    assert ENGINE.compile(text).run({}).value == ["Fn", "[Fn]", '#{"a": [Fn]}', "Fn", "[Fn]"]
    with pytest.raises(rhai.EvalError, match="type Fn does not leave"):
        ENGINE.compile("#{ a: |x| x }.to_json()").run({})
