"""A script gives one plan, everywhere and always, or one short sentence with its place."""

from __future__ import annotations

import random
from typing import Any

import pytest

import rhai
from plans import evaluate as module
from plans.errors import LONGEST_MESSAGE, ScriptError
from plans.evaluate import BUILT_IN, LIMITS, answer, evaluate
from plans.evaluator import InProcess
from plans.model import LARGEST_PLAN, parse_plan
from tests.unit.plans.written import machine, plan_of, refusal, volume

ERRORS = [
    # unknown names, and what was probably meant
    ('\n\n\n  machin("a", #{});', "line 4, column 3: unknown function `machin`; did you mean `machine`?"),
    ('"a".to_uper()', "line 1, column 5: unknown function `to_uper`; did you mean `to_upper`?"),
    ("fn triple(x) { x * 3 }\ntripel(1)", "line 2, column 1: unknown function `tripel`; did you mean `triple`?"),
    ("sleep(1)", "line 1, column 1: unknown function `sleep`"),
    ("fn f() {\n  nothing()\n}\nf()", "line 2, column 3: unknown function `nothing`"),
    ("let data = 1;\nlet b = dta + 1;", "line 2, column 9: unknown variable `dta`; did you mean `data`?"),
    ("param.a", "line 1, column 1: unknown variable `param`; did you mean `params`?"),
    ("quite", "line 1, column 1: unknown variable `quite`"),
    (machine() + "\nlet m = " + machine("b") + " m.adress", "nothing is called `adress` here; did you mean `address`?"),
    # numbers of arguments, and values
    ('machine("a")', "line 1, column 1: `machine` takes 2 arguments, 1 given"),
    ("volume()", "line 1, column 1: `volume` takes 1 or 2 arguments, 0 given"),
    ("log()", "line 1, column 1: `log` takes 1 argument, 0 given"),
    ("fn f(a) { a }\nf(1, 2)", "line 2, column 1: `f` takes 1 argument, 2 given"),
    ("fn f(a) { a } fn f(a, b) { a }\nf()", "line 2, column 1: `f` takes 1 or 2 arguments, 0 given"),
    ('"a".len(1)', "line 1, column 5: `len` does not work on these values (text, number)"),
    ('"a" - 1', "line 1, column 5: `- (text, number)` cannot be done with these values"),
    ('let a = [1];\n"" - a', "line 2, column 4: `- (text, list)` cannot be done with these values"),
    ("[1][5]", "line 1, column 5: Array index 5 out of bounds: only 1 element in list"),
    ("1 / 0", "line 1, column 3: Division by zero: 1 / 0"),
    ("for i in range(0, 10, 0) { }", "line 1, column 10: step value cannot be zero"),
    ("params.a = 2", "line 1, column 1: Cannot modify constant params"),
    # what the language leaves out
    (
        "let n = 1;\n[1].map(|x| x + n)",
        "line 2, column 17: `n` is not known here: fn and |…| see their own arguments only",
    ),
    ("let n = 1;\nfn f() { n }", "line 2, column 10: `n` is not known here"),
    ("fn f() { params.a }\nf()", "line 1, column 10: `params` is not known here"),
    ("let cpus = 1.5;", "line 1, column 14: numbers have no fractions here: write a whole number, or a text"),
    ("#{\n  cpus: 0.25 }", "line 2, column 11: numbers have no fractions here"),
    ("let a = [1]; a.5", "line 1, column 16: Expecting name of a property"),
    ('import "x" as y;', "line 1, column 1: 'import' is a reserved keyword"),
    ('eval("1")', "line 1, column 1: reserved keyword 'eval' is disabled"),
    # no script at all
    ("let é = 1;", "line 1, column 5: Unexpected 'é'"),
    ('"abc', "line 1, column 1: Open string is not terminated"),
    ("if {", "line 1, column 4: Expecting a boolean expression"),
    # the author's own words
    ('\nthrow "my array of i64";', "line 2, column 1: my array of i64"),
    ("throw #{ code: 5 }", 'line 1, column 1: #{"code": 5}'),
    # what does not come out
    ("log(|x| x)", "line 1, column 1: a value of type Fn does not leave the script"),
    ("let a = 1; for i in 0..99 { a = [a]; }\nlog(a)", "line 2, column 1: a value nested deeper than 64 levels"),
    ("0..3", "a value of type range does not leave the script"),
]


@pytest.mark.parametrize(("script", "says"), ERRORS)
def test_an_error_is_one_plain_sentence_with_its_place(script: str, says: str) -> None:
    assert says in refusal(script, {"a": 1})


LIMIT_ERRORS = {
    "operations": ("loop { }", "line 1, column 6: the script runs too long: more than 1,000,000 operations"),
    "memory": (
        "let m = #{}; let t = ''; t.pad(60000, 'x');\nfor i in 0..9999 { m[t + i] = i; }".replace("''", '""'),
        "line 2, column 20: the script uses more than 33,554,432 bytes of memory",
    ),
    "calls": ("fn f(n) { f(n + 1) }\nf(0)", "line 2, column 1: functions call each other more than 32 levels deep"),
    "depth": ("let a = " + "(" * 40 + "1" + ")" * 40, "expressions are nested more than 32 levels deep"),
    "variables": ("".join(f"let a{i} = 1;\n" for i in range(300)), "line 256, column 1: more than 256 variables"),
    "functions": ("".join(f"fn f{i}() {{}}\n" for i in range(65)), "more than 64 functions"),
    "text": (" " * 65_537, "the script is longer than 65,536 bytes"),
    "arguments": ("\nlog(1, 2, 3, 4, 5, 6, 7, 8, 9)", "line 2, column 1: log is called with more than 8 arguments"),
    "string": ('let t = "x";\nloop { t += t; }', "a text is longer than 65,536 bytes, all texts of one value together"),
    "list": ("let a = [1];\nloop { a += a; }", "a list has more than 1,024 elements, those inside it included"),
    "map": ("let m = #{}; for i in 0..2000 { m[`${i}`] = 1; }\nlog(m)", "line 2, column 1: a map has more than 1,024"),
    "literal list": ("[" + "1," * 2_000 + "1]", "a list has more than 1,024 elements"),
    "literal map": ("#{" + "".join(f"a{i}:1," for i in range(2_000)) + "}", "a map has more than 1,024 entries"),
    "keys": (
        "let m = #{}; let k = 'x'.to_string(); k.pad(60000, 'x'); m[k] = 1; m[k + 1] = 2;\nlog(m)",
        "line 2, column 1: a text is longer than 65,536 bytes",
    ),
}


@pytest.mark.parametrize(("script", "says"), LIMIT_ERRORS.values(), ids=LIMIT_ERRORS.keys())
def test_a_limit_is_said_with_its_number(script: str, says: str) -> None:
    assert says in refusal(script)


def test_the_clock_is_said_with_its_number() -> None:
    found = refusal("loop { }", limits=rhai.Limits(seconds=0.05, operations=10**12))
    assert found == "line 1, column 6: the script takes longer than 0.05 s"


def test_a_failure_of_the_engine_is_the_scripts_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> rhai.Script:
        raise rhai.EngineFailed("the script engine failed: it panicked", kind="engine")

    monkeypatch.setattr(rhai.Engine, "compile", broken)
    assert refusal("1") == "the script engine failed: it panicked"


PARAMS = [
    ({"a": 1.5}, "spec.params.a is a number with a fraction: use integers, strings, booleans, lists and maps only"),
    ({"a": {"b": [None]}}, "spec.params.a.b[0] is null: use integers"),
    ({"a": 2**53}, "spec.params.a is beyond ±(2^53−1): write it as a string"),
    ({"a": "\ud800"}, "spec.params.a holds a lone surrogate"),
    ({"a": b"x"}, "spec.params.a is a bytes"),
    ({1: 2}, "spec.params has the key 1: keys are strings"),
    ([1], "spec.params is no map: write name: value"),
    ("a", "spec.params is no map"),
    (None, "spec.params is null"),
]


@pytest.mark.parametrize(("params", "says"), PARAMS)
def test_parameters_that_cannot_be_signed_are_refused_by_name(params: Any, says: str) -> None:
    assert refusal("1", params).startswith(says)


@pytest.mark.parametrize(
    ("script", "says"),
    [(5, "spec.script is no text"), (None, "spec.script is null"), ("\ud800", "spec.script holds a lone surrogate")],
)
def test_a_script_is_a_text(script: Any, says: str) -> None:
    assert refusal(script).startswith(says)


@pytest.mark.parametrize("language", [0, 2, -1, True, "1", 1.0, None])
def test_another_language_is_refused(language: Any) -> None:
    assert refusal("1", language=language) == f"language {language} is not known here: write language: 1"


def test_parameters_of_every_kind_reach_the_script() -> None:
    params = {"list": [1, "a", True], "map": {"b": {"c": 1}}, "é": "😀", "largest": 2**53 - 1}
    script = 'log(`${params.list} ${params.map.b.c} ${params["é"]} ${params.largest}`)'
    assert evaluate(script, params).said == ('[1, "a", true] 1 😀 9007199254740991',)


def test_a_list_of_parameters_may_be_longer_than_a_list_of_a_script() -> None:
    script = "let n = 0; for i in params.all { n += i; } log(n)"
    assert evaluate(script, {"all": list(range(3_000))}).said == ("4498500",)


def test_what_a_script_logs_and_prints_is_told_and_bounded() -> None:
    script = 'log("a"); print("b"); log(#{ c: 1 }); debug("d");'
    assert evaluate(script, {}).said == ("a", "#{ c: 1 }", "b", '"d"')
    many = evaluate('let t = "x"; t.pad(600, "x"); for i in 0..300 { log(t); print(i); }', {}).said
    assert len(many) == 200
    assert max(map(len, many)) == 512


def test_nothing_that_a_script_says_steers_a_terminal() -> None:
    text = "\\x1b[2J\\nred\\t\\x00\\u202eevil"
    assert evaluate(f'log("{text}"); print("{text}")', {}).said == ("�[2J red ��evil",) * 2
    assert refusal(f'fail("{text}")') == "line 1, column 1: �[2J red ��evil"
    assert "\x00" not in refusal("let a = 1;\0")


HUGE = {
    "name": f'volume("{"a" * 60_000}", #{{ size: "1Gi" }})',
    "option": f'volume("a", #{{ {"o" * 60_000}: 1 }})',
    "size": f'volume("a", #{{ size: "{"9" * 60_000}" }})',
    "image": f'machine("a", #{{ image: "{"i" * 60_000}" }})',
    "fail": f'fail("{"f" * 60_000}")',
    "throw": f'throw "{"f" * 60_000}"',
    "variable": "a" * 60_000,
    "function": "a" * 60_000 + "()",
    "list": "let a = []; a.pad(1000, 1); param(a)",
    "map": "let m = #{}; for i in 0..1000 { m[`${i}`] = i; } param(m)",
    "parameter": f'param("{"p" * 60_000}")',
}


@pytest.mark.parametrize("script", HUGE.values(), ids=HUGE.keys())
def test_an_error_is_short_whatever_the_script_holds(script: str) -> None:
    assert len(refusal(script)) <= LONGEST_MESSAGE + len("line 1, column 99999: ")


def test_a_thousand_resources_are_a_plan_and_one_more_is_none() -> None:
    script = "for i in 0..params.n {\n  " + volume("`v${i}`").replace('"`', "`").replace('`"', "`") + "\n}"
    assert len(plan_of(script, {"n": 1_000}).resources) == 1_000
    says = "more than 1000 resources: split the script into several deployments"
    assert refusal(script, {"n": 1_001}) == f"line 2, column 3: {says}"


LARGE = f"""
fn environment(lengths) {{
  let env = #{{}};
  for k in 0..10 {{ let text = ""; text.pad(lengths[k], "x"); env[`E${{k}}`] = text; }}
  env
}}
for i in 0..params.machines {{
  {machine("`m${i}`", env="environment(params.lengths)")}
}}
{machine("last", env="environment(params.last)")}
""".replace('"`', "`").replace('`"', "`")


def sizes(machines: int, extra: int) -> dict[str, Any]:
    """Parameters of LARGE: so many machines with 40,000 bytes each, and one more with `extra`."""
    last = [extra // 10 + (1 if k < extra % 10 else 0) for k in range(10)]
    return {"machines": machines, "lengths": [4_000] * 10, "last": last}


def test_a_plan_of_a_mebibyte_is_one_and_a_byte_more_is_none() -> None:
    rest = LARGEST_PLAN - len(plan_of(LARGE, sizes(25, 0)).to_bytes())
    data = plan_of(LARGE, sizes(25, rest)).to_bytes()
    assert len(data) == LARGEST_PLAN
    assert parse_plan(data).to_bytes() == data
    assert "the plan is larger than 1048576 bytes" in refusal(LARGE, sizes(25, rest + 1))


def test_a_plan_that_grows_too_large_is_refused_where_it_does() -> None:
    says = f"the plan is larger than {LARGEST_PLAN} bytes: split the script into several deployments"
    assert refusal(LARGE, sizes(40, 0)) == f"line 8, column 3: {says}"


def test_an_empty_script_is_an_empty_plan() -> None:
    assert plan_of("").to_bytes() == b'{"language":1,"resources":[]}'


SCRIPT = """
let first = ();
for i in 0..params.replicas {
  let data = volume(`data-${i}`, #{ size: "1Gi" });
  let env = #{ B: "2", A: "1" };
  if i > 0 { env.PEER = first.address; }
  let made = machine(`web-${i}`, #{ volumes: [#{ volume: data, mount: "/d" }], env: env, image: params.image });
  if i == 0 { first = made; }
}
"""


def params(**more: Any) -> dict[str, Any]:
    """Parameters of SCRIPT."""
    return {"replicas": 3, "image": "https://h.example/x#sha256=" + "0" * 64, **more}


def test_the_same_script_gives_the_same_plan_again_and_again() -> None:
    found = {evaluate(SCRIPT, params()).plan.to_bytes() for _ in range(20)}
    assert len(found) == 1


def test_the_order_of_parameters_and_options_does_not_matter_and_that_of_calls_does() -> None:
    shuffled = list(params(a=1, b=2, c=3).items())
    random.Random(1).shuffle(shuffled)
    other = SCRIPT.replace('#{ B: "2", A: "1" }', '#{ A: "1", B: "2" }')
    assert plan_of(other, dict(shuffled)).digest == plan_of(SCRIPT, params()).digest
    assert plan_of(volume("a") + volume("b")).digest != plan_of(volume("b") + volume("a")).digest


def test_an_evaluation_leaves_its_parameters_as_they_were() -> None:
    given = params(list=[1, {"a": 1}])
    evaluate("let p = params; p.list.push(5); p.image = 1; p.list[1].a = 9;", given)
    assert given == params(list=[1, {"a": 1}])


def test_evaluations_know_nothing_of_each_other() -> None:
    plan_of(volume("a"))
    assert plan_of(volume("a")).digest == plan_of(volume("a")).digest
    assert plan_of("").resources == ()


def test_the_suggestions_are_the_engines_own_functions() -> None:
    assert {"len", "push", "split", "to_string"} <= set(BUILT_IN)
    assert not {"machine", "volume", "eval", "sleep"} & set(BUILT_IN)


def test_a_plan_has_no_file_and_no_clock() -> None:
    assert not {"os", "time", "datetime", "random", "subprocess"} & set(vars(module))
    assert LIMITS.operations == 1_000_000


def test_the_answer_of_the_child_is_a_plan_or_an_error() -> None:
    request = {"script": SCRIPT, "params": params(), "language": 1}
    found = answer(request)
    assert parse_plan(found["plan"].encode()) == plan_of(SCRIPT, params())
    assert answer({**request, "script": "\nnothing()"}) == {
        "error": {"message": "unknown function `nothing`", "line": 2, "column": 1}
    }


def test_in_process_is_the_same_evaluation() -> None:
    evaluator = InProcess()
    assert evaluator.evaluate(SCRIPT, params(), 1) == evaluate(SCRIPT, params())
    with pytest.raises(ScriptError, match="language 2"):
        evaluator.evaluate("", {}, 2)
    evaluator.close()
