"""Script and parameters to plan, in this process: the CLI's way, and what the evaluator child runs.

Pure: no clock, no inventory, no randomness, so that the same script and parameters give the same plan everywhere.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rhai
from plans.errors import ScriptError
from plans.language import LANGUAGE, Recorder
from plans.model import LARGEST_PLAN, Plan

LIMITS = rhai.Limits()
BUILT_IN = (
    "abs", "append", "clear", "contains", "crop", "drain", "ends_with", "filter", "get", "index_of", "insert",
    "is_empty", "keys", "len", "map", "max", "min", "pad", "parse_int", "pop", "print", "push", "range",
    "reduce", "remove", "replace", "reverse", "sort", "split", "starts_with", "sub_string", "to_lower",
    "to_string", "to_upper", "trim", "values",
)  # fmt: skip
_SIGNATURE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*) \((.*)\)")
_LIMIT_WORDS = {
    "operations": "the script runs too long: more than {0.operations:,} operations",
    "time": "the script takes longer than {0.seconds:g} s",
    "memory": "the script uses more than {0.memory} bytes of memory",
    "calls": "functions call each other more than {0.calls} levels deep",
    "depth": "expressions are nested more than {0.depth} levels deep",
    "variables": "more than {0.variables} variables",
    "functions": "more than {0.functions} functions",
    "text": "the script is longer than {0.text} bytes",
}


@dataclass(frozen=True)
class Evaluation:
    """A plan, and what the script said by log() and print()."""

    plan: Plan
    said: tuple[str, ...]


def evaluate(
    script: str, params: Mapping[str, Any], language: int = LANGUAGE, limits: rhai.Limits = LIMITS
) -> Evaluation:
    """The plan of a script. Raises ScriptError with line and column."""
    if language != LANGUAGE:
        raise ScriptError(f"language {language} is not known here: write language: {LANGUAGE}")
    recorder = Recorder(params)
    functions = recorder.functions()
    try:
        compiled = rhai.Engine(functions, limits).compile(script, ["params"])
        _refuse_redefinition(compiled, set(functions))
        run = compiled.run({"params": dict(params)})
        plan = recorder.plan()
    except rhai.RhaiError as error:
        raise _worded(error, functions, limits) from None
    except ScriptError as error:
        raise _placed(error) from None
    if len(plan.to_bytes()) > LARGEST_PLAN:
        raise ScriptError(f"the plan is larger than {LARGEST_PLAN} bytes: split the script into several deployments")
    return Evaluation(plan, (*recorder.logged, *run.printed[:100]))


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluator child's function: {script, params, language} → {plan, said} or {error}."""
    try:
        done = evaluate(request["script"], request["params"], request["language"])
    except ScriptError as error:
        return {"error": {"message": error.message, "line": error.line, "column": error.column}}
    return {"plan": done.plan.to_bytes().decode(), "said": list(done.said)}


def _placed(error: ScriptError) -> ScriptError:
    """A callback's error carries the place of the call, put there by the binding."""
    line, column = getattr(error, "script_line", error.line), getattr(error, "script_column", error.column)
    return ScriptError(error.message, line, column)


def _refuse_redefinition(compiled: rhai.Script, ours: set[str]) -> None:
    for defined in compiled.functions:
        if defined.name in ours:
            message = f"fn {defined.name} would hide Hardpan's own function: give it another name"
            raise ScriptError(message, defined.line, defined.column)


def _worded(error: rhai.RhaiError, functions: Mapping[str, Any], limits: rhai.Limits) -> ScriptError:
    line, column = error.line, error.column
    if not line and error.calls:
        _, line, column = error.calls[-1]
    if isinstance(error, rhai.LimitExceeded):
        words = _LIMIT_WORDS.get(error.kind, "").format(limits) or error.message[0].lower() + error.message[1:]
        return ScriptError(words, line, column)
    if error.kind == "FunctionNotFound":
        return ScriptError(_unknown_function(error.function, functions), line, column)
    return ScriptError(_plain(error.message), line, column)


def _unknown_function(signature: str, functions: Mapping[str, Any]) -> str:
    match = _SIGNATURE.fullmatch(signature)
    if match is None:
        return f"`{_plain(signature)}` cannot be done with these values"
    name, given = match.group(1), len([part for part in match.group(2).split(",") if part.strip()])
    if name in functions:
        takes = " or ".join(str(count) for count in functions[name][1])
        return f"`{name}` takes {takes} arguments, {given} given"
    if name in BUILT_IN:
        return f"`{name}` does not work on these values ({_plain(match.group(2))})"
    near = difflib.get_close_matches(name, [*functions, *BUILT_IN], 1)
    return f"unknown function `{name}`" + (f"; did you mean `{near[0]}`?" if near else "")


def _plain(message: str) -> str:
    """Without the names of Rust types."""
    text = re.sub(r"&str \| ImmutableString \| String|ImmutableString|&str", "text", message)
    return text.replace("i64", "number").replace("array", "list")
