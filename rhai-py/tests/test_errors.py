"""Every error says where in the script it arose, what kind it is, and cannot be hidden by the script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rhai

Fails = Callable[..., rhai.RhaiError]


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("let a = 1;\n  let b = ;", "", (2, 11)),
        ("let a = 1;\nb", "VariableNotFound", (2, 1)),
        ("if {", "", (1, 4)),
        ("\n\nlet é = 1;", "", (3, 5)),
        ('let a = "é"; §', "", (1, 14)),
    ],
)
def test_what_is_no_script_is_refused_with_its_place(
    fails: Fails, text: str, kind: str, place: tuple[int, int]
) -> None:
    error = fails(text)
    assert type(error) is rhai.ParseError
    assert (error.kind, (error.line, error.column)) == (kind, place)


@pytest.mark.parametrize(
    ("text", "kind", "function", "place"),
    [
        ("let a = 1;\n  nothing(a)", "FunctionNotFound", "nothing (i64)", (2, 3)),
        ("let a = #{b: 1};\na.c", "PropertyNotFound", "c", (2, 3)),
        ('let a = "x";\n a - 1', "FunctionNotFound", "- (&str | ImmutableString | String, i64)", (2, 4)),
        ("1 +\n1 / 0", "", "", (2, 3)),
        ("[1][5]", "", "", (1, 5)),
        ("\nthrow #{a: 1}", "Thrown", "", (2, 1)),
        ('if true { throw "too few" }', "Thrown", "", (1, 11)),
    ],
)
def test_what_fails_says_where_and_why(
    fails: Fails, text: str, kind: str, function: str, place: tuple[int, int]
) -> None:
    error = fails(text)
    assert type(error) is rhai.EvalError
    assert (error.kind, error.function, (error.line, error.column)) == (kind, function, place)


def test_what_a_script_throws_is_its_message(fails: Fails) -> None:
    assert fails('throw "too few"').message == "too few"
    assert fails("throw #{a: [1]}").message == '#{"a": [1]}'
    assert fails("throw").message == "the script failed without a word"


def test_an_error_inside_functions_names_the_way_there(fails: Fails) -> None:
    error = fails("fn g(x) { x / 0 }\nfn f(x) {\n  g(x)\n}\nf(1)")
    assert (error.line, error.column) == (1, 13)
    assert error.calls == [("f", 5, 1), ("g", 3, 3)]


def test_an_error_of_a_host_function_is_its_own_with_the_place_of_the_call(run: Callable[..., rhai.Run]) -> None:
    with pytest.raises(RuntimeError, match="no") as caught:
        run('let a = 1;\n  refuse("no")')
    assert (caught.value.script_line, caught.value.script_column) == (2, 3)  # type: ignore[attr-defined]
    assert caught.value.__notes__ == ["in the script at line 2, column 3"]


SWALLOWED = {
    "a catch": 'try {{ {} }} catch {{ }} "went on"',
    "a catch in a function": 'fn f() {{ try {{ {} }} catch {{ }} }} f(); "went on"',
    "the order of a sort": "[2, 1].sort(|a, b| {{ {} }})",
    "the order of a sort, and more": "[2, 1].sort(|a, b| {{ {} }}); 1",
}


@pytest.mark.parametrize("way", SWALLOWED.values(), ids=SWALLOWED.keys())
def test_a_script_cannot_swallow_a_refusal_of_the_host(run: Callable[..., rhai.Run], way: str) -> None:
    with pytest.raises(RuntimeError, match="no"):
        run(way.format('refuse("no")'))


@pytest.mark.parametrize("way", SWALLOWED.values(), ids=SWALLOWED.keys())
def test_a_script_cannot_swallow_a_limit(fails: Fails, way: str) -> None:
    error = fails(way.format("loop { }"), operations=1_000)
    assert (type(error), error.kind) == (rhai.LimitExceeded, "operations")


def test_the_first_refusal_counts(run: Callable[..., rhai.Run]) -> None:
    with pytest.raises(RuntimeError, match="first"):
        run('[3, 2, 1].sort(|a, b| { refuse("first"); refuse("second") }); refuse("third")')


def test_a_host_function_knows_where_it_is_called() -> None:
    places: list[Any] = []
    engine = rhai.Engine({"here": (lambda: places.append(rhai.place()), [0])})
    engine.compile("here();\nfor i in 0..2 {\n    here();\n}").run({})
    assert places == [(1, 1), (3, 5), (3, 5)]
    assert rhai.place() == (0, 0)


def test_a_host_function_that_gives_what_does_not_cross_fails_in_python() -> None:
    with pytest.raises(TypeError, match="float"):
        rhai.Engine({"half": (lambda: 0.5, [0])}).compile("half()").run({})


def test_a_host_function_may_run_another_script() -> None:
    inner = rhai.Engine({}).compile("v + 1", ["v"])
    outer = rhai.Engine({"inner": (lambda value: inner.run({"v": value}).value, [1])})
    assert outer.compile("inner(inner(1))").run({}).value == 3


def test_a_panic_of_the_engine_is_an_error_of_this_run_only(capfd: pytest.CaptureFixture[str]) -> None:
    """No panic of Rhai is known, so that a limit beyond what its numbers hold has to do."""
    engine = rhai.Engine({}, rhai.Limits(seconds=1e300))
    assert engine.compile("1 + 1").run({}).value == 2
    assert capfd.readouterr() == ("", "")


def test_the_calls_and_functions_of_a_text_are_known_without_running_it() -> None:
    script = rhai.Engine({}).compile("fn f(a, b) { g(a) }\nif false { `${h()}`; [1].map(|x| k(x)) }\n")
    assert [(each.name, each.arity, each.line, each.column) for each in script.functions] == [("f", 2, 1, 4)]
    assert {(each.name, each.arity) for each in script.calls} == {("g", 1), ("h", 0), ("map", 2), ("k", 1)}


def test_a_name_in_a_comment_or_text_is_no_function_that_is_defined() -> None:
    script = rhai.Engine({}).compile('// fn f() {}\nlet a = "fn f()";\nfn f() { 1 }')
    assert [(each.name, each.line, each.column) for each in script.functions] == [("f", 3, 4)]


def test_an_engine_knows_the_names_of_its_functions() -> None:
    names = rhai.Engine({"mine": (lambda *_: None, [1, 3])}).names
    assert {("mine", 1), ("mine", 3), ("to_upper", 1), ("push", 2)} <= names
    assert ("mine", 2) not in names


MISSING = {
    "import": 'import "x" as y;',
    "export": "export let x = 1;",
    "eval": 'eval("1")',
    "Fn": 'Fn("f")',
    "curry": "let f = |x| x; f.curry(1)",
    "capture": "let n = 1; [1].map(|x| x + n)",
    "sleep": "sleep(1)",
    "exit": "exit(1)",
    "timestamp": "timestamp()",
    "elapsed": "timestamp().elapsed",
    "rand": "rand()",
    "random": "random()",
    "shuffle": "[1].shuffle()",
    "sample": "[1].sample()",
    "fraction": "1.5",
    "exponent": "1e3",
    "parse_float": 'parse_float("1.5")',
    "to_float": "1.to_float()",
    "sqrt": "4.sqrt()",
    "PI": "PI()",
    "decimal": 'parse_decimal("1.5")',
    "parse_json": 'parse_json("{}")',
    "blob": "blob(9)",
    "open_file": 'open_file("/etc/passwd")',
    "env": 'env("HOME")',
    "debugger": "back_trace()",
    "module": "a::b()",
    "global": "global::x",
    "metadata": "get_fn_metadata_list()",
    "async": "async fn f() {}",
    "custom operator": "1 <=> 2",
}


@pytest.mark.parametrize("text", MISSING.values(), ids=MISSING.keys())
def test_nothing_reaches_outside_or_differs_from_run_to_run(fails: Fails, text: str) -> None:
    error = fails(text)
    assert isinstance(error, rhai.ParseError | rhai.EvalError)
    assert (error.line, error.column) > (0, 0)
