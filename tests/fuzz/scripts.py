"""What scripts do and what an evaluator child answers: a plan that reads as itself, or an error for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from plans.errors import ScriptError
from plans.evaluate import Evaluation, answer, evaluate
from plans.evaluator import InChild
from plans.model import parse_plan
from rhai.evaluator import EvaluatorFailed, _parsed
from tests.fuzz.mutate import NASTY, altered, damaged, spelled, values
from tests.fuzz.target import Target

SCRIPT = """
let data = volume("data-0", #{ size: "10Gi" });
for i in 0..params.replicas {
  machine(`w${i}`, #{ memory: "2Gi", image: params.image, volumes: [#{ volume: data, mount: "/d"}], env: #{ A: "b" } });
}
log("done");
"""
PARAMS = {"replicas": 1, "image": "https://images.example/a.raw#sha256=" + "a" * 64}
WORDS = [
    "machine",
    "volume",
    "log",
    "fail",
    "print",
    "params",
    "let",
    "fn",
    "for",
    "in",
    "if",
    "else",
    "while",
    "loop",
    "return",
    "throw",
    "try",
    "catch",
    "switch",
    "this",
    "import",
    "eval",
    "timestamp",
    "size",
    "memory",
    "image",
    "x",
    "y",
    "1",
    "0",
    "9223372036854775807",
    "x.len()",
    "(",
    ")",
    "#{",
    "}",
    "{",
    "[",
    "]",
    ",",
    ";",
    ":",
    ".",
    "=",
    "==",
    "+",
    "*",
    "-",
    "/",
    "%",
    "!",
    "`",
    "${",
    "|",
    "||",
    "&&",
    "=>",
    "..",
    "x+=x",
    "\\n",
    "/*",
    "*/",
    "//",
    '"',
    '"data-0"',
    '"10Gi"',
]


class Answering:
    """An evaluator whose child says these bytes."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def call(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """See rhai.evaluator.Evaluator."""
        return _parsed(self._said)

    def close(self) -> None:
        """Nothing is held."""


GOOD = answer({"script": SCRIPT, "params": PARAMS, "language": 1})
ERROR = {"error": {"message": "no", "line": 1, "column": 2}}


def check_answer(said: bytes) -> None:
    """An evaluation whose plan is the canonical form of itself, or ScriptError."""
    try:
        done = InChild(evaluator=Answering(said)).evaluate(SCRIPT, PARAMS, 1)  # type: ignore[arg-type]
    except ScriptError as error:
        assert isinstance(error.message, str)
        assert said != spelled(GOOD), "a good answer is taken for none"
        return
    _require_plan(done)


def check_script(script: str) -> None:
    """Whatever is written: a plan, or an error on one printable line of people's length."""
    try:
        done = evaluate(script, PARAMS)
    except ScriptError as error:
        assert error.message.isprintable(), repr(error.message)
        assert script != SCRIPT, "a good script is refused"
        assert len(error.message) < 2_000
        return
    _require_plan(done)
    assert evaluate(script, PARAMS).plan == done.plan, "the same script gives another plan"


def _require_plan(done: Evaluation) -> None:
    assert parse_plan(done.plan.to_bytes()) == done.plan
    assert all(isinstance(each, str) for each in done.said)


def check_line(said: bytes) -> None:
    """A child's line is a map, or the child is taken for crashed."""
    try:
        assert isinstance(_parsed(said), dict)
    except EvaluatorFailed:
        return


plans = altered(json.loads(GOOD["plan"])).map(lambda plan: {"plan": spelled(plan).decode(errors="replace"), "said": []})
answers = st.one_of(st.sampled_from([GOOD, ERROR]).flatmap(altered), plans, values).map(spelled)
TARGET = Target(
    "script-results",
    st.one_of(st.just(spelled(GOOD)), answers, damaged(spelled(GOOD)), st.binary(max_size=100)),
    check_answer,
)
deep = st.integers(1, 50_000).map(lambda depth: b"[" * depth)
LINES = Target("script-lines", st.binary(max_size=200) | values.map(spelled).flatmap(damaged) | deep, check_line)
words = st.one_of(st.sampled_from(WORDS), st.sampled_from(NASTY), st.text(max_size=4))
DEEP = ["(", "[", "{", "#{a:", "!", "-", "fn f(){", "if x {", "`${"]
scripts = st.one_of(
    st.just(SCRIPT),
    damaged(SCRIPT.encode()).map(lambda data: data.decode(errors="replace")),
    st.lists(words, max_size=40).map(" ".join),
    st.builds(lambda word, times: word * times, st.sampled_from(DEEP), st.integers(1, 3_000)),
)
SCRIPTS = Target("scripts", scripts, check_script, slow=3.0)
