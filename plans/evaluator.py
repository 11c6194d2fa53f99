"""The same evaluation in a disposable child: for supervisor and admission, which hold credentials.

A script that gets out of Rhai finds a process without keys or network; one that takes it down fails its own
deployment only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from plans.errors import ScriptError
from plans.evaluate import Evaluation, evaluate
from plans.model import parse_plan
from rhai.evaluator import Evaluator, EvaluatorFailed


class PlanEvaluator(Protocol):
    """What turns a script into a plan. Raises ScriptError."""

    def evaluate(self, script: str, params: Mapping[str, Any], language: int) -> Evaluation:
        """The plan of a script; safe to call from a thread."""

    def close(self) -> None:
        """Lets go of what it holds."""


class InProcess:
    """Evaluates right here: for the CLI and for tests."""

    def evaluate(self, script: str, params: Mapping[str, Any], language: int) -> Evaluation:
        """See `plans.evaluate`."""
        return evaluate(script, params, language)

    def close(self) -> None:
        """Nothing is held."""


class InChild:
    """Evaluates in one reused child, which is killed past `seconds` and replaced."""

    def __init__(self, seconds: float = 3.0) -> None:
        self._evaluator = Evaluator("plans.evaluate:answer", seconds)

    def evaluate(self, script: str, params: Mapping[str, Any], language: int) -> Evaluation:
        """As in process; a child that dies is the script's error."""
        try:
            answer = self._evaluator.call({"script": script, "params": dict(params), "language": language})
        except EvaluatorFailed as error:
            raise ScriptError(str(error)) from None
        if "error" in answer:
            raise ScriptError(**answer["error"])
        return Evaluation(parse_plan(answer["plan"].encode()), tuple(answer["said"]))

    def close(self) -> None:
        """Ends the child."""
        self._evaluator.close()
