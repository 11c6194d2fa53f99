"""The same evaluation in a disposable child: for supervisor and admission, which hold credentials.

A script that gets out of Rhai finds a process without keys, files or network; one that takes it down fails its own
deployment only. What comes out of the child is read as strictly as what comes from anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from plans.errors import BadPlan, ScriptError
from plans.evaluation import Evaluation, plain_params
from plans.model import parse_plan
from rhai.evaluator import Evaluator, EvaluatorFailed

ANSWER = "plans.evaluate:answer"


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
        # Whoever leaves scripts to a child has no engine in its own process.
        from plans.evaluate import evaluate

        return evaluate(script, params, language)

    def close(self) -> None:
        """Nothing is held."""


class InChild:
    """Evaluates in one reused child, which is killed past `seconds` and replaced."""

    def __init__(self, seconds: float = 3.0, evaluator: Evaluator | None = None) -> None:
        self._evaluator = evaluator or Evaluator(ANSWER, seconds)

    def evaluate(self, script: str, params: Mapping[str, Any], language: int) -> Evaluation:
        """As in process; a child that dies is the script's error."""
        try:
            answer = self._evaluator.call({"script": script, "params": plain_params(params), "language": language})
            if "error" in answer:
                raise _error(answer["error"])
            return Evaluation(parse_plan(answer["plan"].encode()), tuple(str(each) for each in answer["said"]))
        except EvaluatorFailed as error:
            raise ScriptError(str(error)) from None
        except (BadPlan, KeyError, TypeError, AttributeError, ValueError):
            raise ScriptError("the script made the evaluator answer something that is no plan") from None

    def close(self) -> None:
        """Ends the child."""
        self._evaluator.close()


def _error(fields: Mapping[str, Any]) -> ScriptError:
    return ScriptError(str(fields["message"]), int(fields["line"]), int(fields["column"]))
