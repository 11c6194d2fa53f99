"""What holds for every script, every parameter and every plan."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rhai
from plans.errors import LONGEST_MESSAGE, BadPlan, ScriptError
from plans.evaluate import Evaluation, answer, evaluate
from plans.language import LATER, MACHINE_DEFAULTS, VOLUME_DEFAULTS
from plans.model import parse_plan
from tests.unit.plans.written import IMAGE
from trust.canonical import canonical_bytes

LIMITS = rhai.Limits(operations=2_000, seconds=0.5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
plain_values = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def tried(script: str, params: Any) -> Evaluation | None:
    """The evaluation, or None for a documented error, which is short and printable."""
    try:
        return evaluate(script, params, limits=LIMITS)
    except ScriptError as error:
        failed = error
    assert 0 < len(failed.message) <= LONGEST_MESSAGE
    assert failed.message.isprintable()
    assert failed.line >= 0
    return None


@given(st.text(max_size=60), st.dictionaries(st.text(max_size=6), json_values, max_size=3))
def test_any_text_gives_a_plan_or_a_script_error(script: str, params: dict[str, Any]) -> None:
    tried(script, params)


@given(json_values)
def test_any_parameters_give_a_plan_or_a_script_error(params: Any) -> None:
    script = 'for key in params.keys() { log(params[key]); param(key); } volume("a", #{ size: param("size", "1Gi") })'
    found = tried(script, params)
    assert found is None or len(found.plan.resources) == 1


WORDS = """ machine volume param fail log image size mount params ( ) #{ } [ ] , : ; |x| x a = let fn f for in 0..3 loop
if else try { catch throw return 1 -1 "a" `${ }` () . address "1Gi" true + && switch => _ é 1.5 this call """
words = st.sampled_from([*WORDS.split(), *LATER, *MACHINE_DEFAULTS, *VOLUME_DEFAULTS, f'"{IMAGE}"', "\n", "\0"])


@given(st.lists(words, max_size=30))
def test_any_words_of_the_language_give_a_plan_or_a_script_error(parts: list[str]) -> None:
    tried(" ".join(parts), {"a": 1})


def written(value: Any) -> str:
    """A value as a script writes it."""
    if value is None:
        return "()"
    if isinstance(value, dict):
        return "#{" + ", ".join(f"{json.dumps(key)}: {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("$", "\\x24")


OPTIONS = [*MACHINE_DEFAULTS, *VOLUME_DEFAULTS, "image", "size", "kind", "ref"]
arguments = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text("ab1-/:é \n", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(OPTIONS), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(["machine", "volume", "param", "fail", "log"]), st.lists(arguments, max_size=3))
def test_any_arguments_give_a_plan_or_a_script_error(function: str, values: list[Any]) -> None:
    tried(f"{function}({', '.join(written(each) for each in values)})", {"a": 1})


@given(st.sampled_from(sorted(MACHINE_DEFAULTS)), arguments)
def test_any_value_of_an_option_gives_a_plan_or_a_script_error(option: str, value: Any) -> None:
    found = tried(f'machine("a", #{{ image: "{IMAGE}", {option}: {written(value)} }})', {})
    assert found is None or parse_plan(found.plan.to_bytes()) == found.plan


SCRIPT = """
let names = params.names;
names.sort();
for (name, i) in names {
  let data = volume(`d-${name}`, #{ size: `${params.sizes[i % params.sizes.len()]}Mi` });
  let volumes = [#{ volume: data, mount: "/d" }];
  machine(`m-${name}`, #{ image: params.image, env: #{ ALL: params.all.to_json() }, volumes: volumes });
}
"""
parameters = st.fixed_dictionaries(
    {
        "names": st.lists(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), unique=True, max_size=5),
        "sizes": st.lists(st.integers(16, 9_999), min_size=1, max_size=3),
        "image": st.just(IMAGE),
        "all": st.dictionaries(st.text("abc", max_size=4), st.integers(0, 9) | st.text("xyz", max_size=3), max_size=4),
    }
)


def shuffled(value: Any, random: Any) -> Any:
    """The same value, with its maps in another order."""
    if isinstance(value, dict):
        pairs = [(key, shuffled(each, random)) for key, each in value.items()]
        random.shuffle(pairs)
        return dict(pairs)
    return value


@given(parameters, st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order_of_parameters(params: dict[str, Any], random: Any) -> None:
    assert evaluate(SCRIPT, params).plan.digest == evaluate(SCRIPT, shuffled(params, random)).plan.digest


@given(parameters)
def test_a_plan_is_read_back_from_its_bytes_and_from_no_others(params: dict[str, Any]) -> None:
    plan = evaluate(SCRIPT, params).plan
    data = plan.to_bytes()
    assert parse_plan(data) == plan
    assert parse_plan(data).to_bytes() == data
    assert canonical_bytes(json.loads(data)) == data
    if plan.resources:
        with pytest.raises(BadPlan):
            parse_plan(json.dumps(json.loads(data)).encode())


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode) | plain_values.map(canonical_bytes))
def test_any_bytes_are_a_plan_or_bad(data: bytes) -> None:
    try:
        plan = parse_plan(data)
    except BadPlan:
        return
    assert plan.to_bytes() == data


@given(plain_values)
def test_an_answer_of_the_child_is_always_json(value: Any) -> None:
    script = 'print(params.v); log(params.v); if type_of(params.v) != "string" { fail(params.v) }'
    found = answer({"script": script, "params": {"v": value}, "language": 1})
    assert json.loads(json.dumps(found)) == found
    assert set(found) in ({"plan", "said"}, {"error"})
