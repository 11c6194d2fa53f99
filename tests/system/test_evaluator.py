"""Scripts in the evaluator child, as supervisor and admission run them: the same plans, and bombs that harm nobody."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plans.errors import ScriptError
from plans.evaluate import evaluate
from plans.evaluator import ANSWER, InChild
from rhai.evaluator import Evaluator
from tests.unit.plans.written import machine, refusal, volume
from tests.unit.trust.cases import CASES

pytestmark = pytest.mark.system
GOOD = volume("good")
TEXT = 'let text = "x"; text.pad(65536, "x"); '
LIST = TEXT + "let list = []; list.pad(1024, 0); for i in 0..1024 { list[i] = text; } "
BOMBS = {
    "loops": ("loop { }", "runs too long|takes longer"),
    "recurses": ("fn f(n) { f(n + 1) } f(0)", "call each other more than 32 levels deep"),
    "doubles a text": ('let t = "x"; loop { t += t; }', "a text is longer than 65,536 bytes"),
    "fills maps": (TEXT + "let m = #{}; for i in 0..9999 { m[text + i] = i; }", "a text is longer|bytes of memory"),
    "nests lists": ("let a = []; loop { a = [a]; }", "a list has more than 1,024 elements"),
    "nests parentheses": ("(" * 9_000 + ")" * 9_000, "nested more than 32 levels deep"),
    "logs without end": (TEXT + "loop { log(text) }", "runs too long|takes longer"),
    "prints without end": (TEXT + "loop { print(text) }", "runs too long|takes longer"),
    "logs a shared text": (LIST + "log(list)", "a text is longer than 65,536 bytes"),
    "fails with a shared text": (LIST + "fail(list)", "a text is longer than 65,536 bytes"),
    "asks for a shared text": (LIST + 'param("nothing", list)', "a text is longer than 65,536 bytes"),
    "throws a shared text": (LIST + "throw list", "too large to show"),
    "names a machine with it": (LIST + 'volume(list, #{ size: "1Gi" })', "a text is longer than 65,536 bytes"),
    "makes machines": ("let i = 0; loop { volume(`v${i}`, #{ size: `1Gi` }); i += 1; }", "more than 1000 resources"),
    "makes large machines": (
        'let t = ""; t.pad(4096, "x"); let env = #{}; for k in 0..15 { env[`E${k}`] = t; } let i = 0; loop { '
        + machine("`m${i}`", env="env").replace('"`', "`").replace('`"', "`")
        + " i += 1; }",
        "the plan is larger than 1048576 bytes",
    ),
    "searches": (TEXT + "let end = text.sub_string(0, 30000) + `y`; loop { text.index_of(end) }", "takes longer"),
    "swallows its refusal": ('[2, 1].sort(|a, b| fail("no"))', "no"),
}


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    """The child of all of them."""
    made = Evaluator(ANSWER)
    yield made
    made.close()


@pytest.fixture(scope="module")
def child(evaluator: Evaluator) -> InChild:
    """What supervisor and admission use."""
    return InChild(evaluator=evaluator)


def highest_memory(pid: int | None) -> int:
    """The most memory that a process ever had resident, in MiB."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) // 1024


@pytest.mark.parametrize(("script", "says"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_ends_in_time_and_memory_and_the_next_script_is_not_delayed(
    child: InChild, evaluator: Evaluator, script: str, says: str
) -> None:
    child.evaluate(GOOD, {}, 1)
    before, began = evaluator.pid, time.monotonic()
    with pytest.raises(ScriptError, match=says):
        child.evaluate(script, {}, 1)
    assert time.monotonic() - began < 3.5
    assert evaluator.pid == before, "the bomb took the child down"
    assert highest_memory(evaluator.pid) < 256
    began = time.monotonic()
    child.evaluate(GOOD, {}, 1)
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("file", sorted((CASES / "plans.corpus").glob("*.rhai")), ids=lambda file: file.stem)
def test_the_child_gives_the_plans_of_the_corpus(child: InChild, file: Path) -> None:
    """Its walls, above all that no file is opened any more, keep nothing from it that it needs."""
    params = json.loads(file.with_suffix(".params").read_text())
    found = child.evaluate(file.read_text(), params, 1)
    assert found == evaluate(file.read_text(), params)
    assert found.plan.digest == file.with_suffix(".digest").read_text().strip()


@pytest.mark.parametrize(
    "script",
    ["\n\n\n  machin(1)", machine(cpus="0"), volume("é"), "let a = 1.5", 'fail("é\\n")', "dat", "params.a", "a\0"],
)
def test_the_child_refuses_in_the_same_words(child: InChild, script: str) -> None:
    with pytest.raises(ScriptError) as caught:
        child.evaluate(script, {}, 1)
    assert str(caught.value) == refusal(script)


@pytest.mark.parametrize("params", [{"a": 1.5}, {"a": float("nan")}, {"a": {1}}, {"a": "\ud800"}, [], None])
def test_parameters_that_cannot_be_signed_do_not_reach_the_child(child: InChild, params: Any) -> None:
    with pytest.raises(ScriptError, match=r"spec\.params"):
        child.evaluate(GOOD, params, 1)


def test_a_child_killed_at_work_fails_that_script_only() -> None:
    evaluator = Evaluator(ANSWER)
    child = InChild(evaluator=evaluator)
    try:
        child.evaluate(GOOD, {}, 1)
        assert evaluator.pid is not None
        timer = threading.Timer(0.2, os.kill, (evaluator.pid, signal.SIGKILL))
        timer.start()
        with pytest.raises(ScriptError, match="crashed the evaluator"):
            child.evaluate(TEXT + "loop { text.to_upper() }", {}, 1)
        timer.join()
        assert len(child.evaluate(GOOD, {}, 1).plan.resources) == 1
    finally:
        child.close()


def test_a_child_past_its_time_is_killed_and_said_so() -> None:
    child = InChild(seconds=0.3)
    try:
        child.evaluate(GOOD, {}, 1)
        with pytest.raises(ScriptError, match=r"took longer than 0\.3 s"):
            child.evaluate(TEXT + "loop { text.to_upper() }", {}, 1)
        assert len(child.evaluate(GOOD, {}, 1).plan.resources) == 1
    finally:
        child.close()


ANSWERS = [
    {},
    {"plan": "{}", "said": []},
    {"plan": 5, "said": []},
    {"plan": '{"language":1,"resources":[]}'},
    {"plan": '{"language":1,"resources":[]}', "said": 5},
    {"plan": '{"language":1, "resources":[]}', "said": []},
    {"plan": "\ud800", "said": []},
    {"error": 5},
    {"error": {"message": "x"}},
    {"error": {"message": "x", "line": "one", "column": 1}},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_what_a_captured_child_answers_is_a_script_error_at_most(answer: dict[str, Any]) -> None:
    class Captured(Evaluator):
        def call(self, request: Any) -> dict[str, Any]:
            return answer

    with pytest.raises(ScriptError, match="answer something that is no plan"):
        InChild(evaluator=Captured(ANSWER)).evaluate(GOOD, {}, 1)
