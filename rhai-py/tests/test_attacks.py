"""Scripts that loop, recurse, allocate, nest, print or swallow errors without end: each ends as its first line says.

They run under the default limits in the evaluator child, one after the other in the same one: within 3 seconds and
256 MiB, and none of them takes it down. The files are attacks as written; those that are only long are made here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rhai.evaluator import Evaluator

TESTS = Path(__file__).parent
WRITTEN = sorted((TESTS / "attacks").glob("*.rhai"))
DEPTH, SIZE, SYNTAX = "LimitExceeded depth", "LimitExceeded size", "ParseError"
TIME = "LimitExceeded time"
# On a busy machine the clock is a backstop for what else ends by these.
SLOW = ("LimitExceeded operations", "LimitExceeded memory", "LimitExceeded text", "LimitExceeded size")
N = 9_000
LONG = {
    "parentheses": ("(" * N + ")" * N, DEPTH),
    "blocks": ("{" * N + "}" * N, DEPTH),
    "lists": ("[" * N + "]" * N, DEPTH),
    "maps": ("#{a:" * N, DEPTH),
    "properties": ("let x = 1; x" + ".a" * N, DEPTH),
    "careful properties": ("let x = 1; x" + "?.a" * N, DEPTH),
    "indexes": ("let x = 1; x" + "[0]" * N, DEPTH),
    "methods": ("let x = 1; x" + ".f()" * N, DEPTH),
    "calls": ("f(" * N + ")" * N, DEPTH),
    "sums": ("1" + "+1" * N, DEPTH),
    "powers": ("1" + "**1" * N, DEPTH),
    "alternatives": ("()" + " ?? ()" * N, DEPTH),
    "conditions": ("true" + "&&true" * N, DEPTH),
    "negations": ("!" * N + "true", DEPTH),
    "ranges": ("1" + "..1" * N, DEPTH),
    "else if": ("if false {} " + "else if false {} " * 3_500, DEPTH),
    "if as value": ("let x = " + "if true {" * 7_000, DEPTH),
    "switch": ("switch 1 {1=>" * 4_000, DEPTH),
    "loops": ("loop{" * N, DEPTH),
    "try": ("try{" * N, DEPTH),
    "texts in texts": ("`${" * N + "1" + "}`" * N, DEPTH),
    "many texts in a text": ("`" + "${1}" * 16_000 + "`", "ok"),
    "long list": ("[" + "1," * 30_000 + "]", SIZE),
    "long map": ("#{" + "".join(f"a{i}:1," for i in range(7_000)) + "}", SIZE),
    "variables": ("".join(f"let a{i}=1;" for i in range(300)), "LimitExceeded variables"),
    "functions": ("".join(f"fn f{i}(){{}}" for i in range(5_000)), "LimitExceeded functions"),
    "arguments": ("f(" + "1," * 20_000 + ")", "LimitExceeded arguments"),
    "arguments of a method": ("let x = 1; x.f(" + "1," * 20_000 + ")", "LimitExceeded arguments"),
    "one name": ("a" * 65_000, "ParseError VariableNotFound"),
    "one function": ("a" * 65_000 + "()", "EvalError FunctionNotFound"),
    "one number": ("9" * 65_000, SYNTAX),
    "comments": ("/*" * 30_000, "ok"),
    "too long": ("1;" * 40_000, "LimitExceeded text"),
    "a zero byte": ("let a = 1;\0 give()", SYNTAX),
    "no text": ("", "ok"),
}


@pytest.fixture(scope="module")
def child() -> Iterator[Evaluator]:
    """The evaluator of all of them."""
    evaluator = Evaluator("served:run", path=[str(TESTS), *_import_path()])
    yield evaluator
    evaluator.close()


def _import_path() -> list[str]:
    import rhai

    return [
        str(Path(rhai.__file__).parents[1]),
        str(Path(os.__file__).parent),
        f"{Path(os.__file__).parent}/lib-dynload",
    ]


def highest_memory(pid: int | None) -> int:
    """The most memory that a process ever had resident, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


@pytest.mark.parametrize(
    ("text", "ends"),
    [pytest.param(each.read_text(), each.read_text().splitlines()[0][3:], id=each.stem) for each in WRITTEN]
    + [pytest.param(text, ends, id=name) for name, (text, ends) in LONG.items()],
)
def test_an_attack_ends_within_its_limits_and_harms_nobody_else(child: Evaluator, text: str, ends: str) -> None:
    before = child.call({"script": "1"})
    answer = child.call({"script": text})
    assert answer["ended"] == ends or (answer["ended"] == TIME and ends in SLOW)
    assert answer["seconds"] < 3.0
    assert highest_memory(child.pid) < 256
    assert child.call({"script": "1"})["pid"] == before["pid"], "the attack took the child down"
