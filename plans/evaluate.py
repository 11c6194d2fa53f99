"""Script and parameters to plan, in this process: the CLI's way, and what the evaluator child runs.

Pure: no clock, no inventory, no randomness, so that the same script and parameters give the same plan everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rhai
from crds.workload import ITEM_MODELS
from plans.errors import ScriptError
from plans.evaluation import Evaluation, plain, plain_params
from plans.language import LANGUAGE, LONGEST_LINE, MOST_LINES, Functions, Recorder, too_large
from plans.model import LARGEST_PLAN
from plans.scripterror import Explainer
from plans.spelling import printable

LIMITS = rhai.Limits()
BUILT_IN = tuple(sorted({name for name, _ in rhai.Engine({}).names if name.isidentifier()}))
# The child gives up its files before the first script comes, and building a model imports what is not there yet.
for model in ITEM_MODELS.values():
    model.model_rebuild()


def evaluate(
    script: str, params: Mapping[str, Any], language: int = LANGUAGE, limits: rhai.Limits = LIMITS
) -> Evaluation:
    """The plan of a script. Raises ScriptError with line and column, and nothing else."""
    if type(language) is not int or language != LANGUAGE:
        raise ScriptError(f"language {language} is not known here: write language: {LANGUAGE}")
    if not isinstance(plain(script, "spec.script"), str):
        raise ScriptError("spec.script is no text: write it as a block, script: |")
    values = plain_params(params)
    recorder = Recorder(values, rhai.place)
    functions = recorder.functions()
    explainer = Explainer(script, values, functions, BUILT_IN, limits)
    try:
        compiled = rhai.Engine(functions, limits).compile(script, ["params"])
        explainer.defined = compiled.functions
        _refuse_redefinition(compiled, functions)
        run = compiled.run({"params": values})
        plan = recorder.plan()
    except rhai.RhaiError as error:
        raise explainer.explained(error) from None
    except ScriptError as error:
        raise _placed(error) from None
    if len(plan.to_bytes()) > LARGEST_PLAN:
        raise too_large()
    printed = (printable(each, LONGEST_LINE) for each in run.printed[:MOST_LINES])
    return Evaluation(plan, (*recorder.logged, *printed))


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


def _refuse_redefinition(compiled: rhai.Script, ours: Functions) -> None:
    for defined in compiled.functions:
        if defined.name in ours:
            message = f"fn {defined.name} would hide Hardpan's own function: give it another name"
            raise ScriptError(message, defined.line, defined.column)
