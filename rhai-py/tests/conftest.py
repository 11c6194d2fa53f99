"""What these tests share: an engine with two functions of a host, and a run of a script in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rhai

TESTS = Path(__file__).parent
Runner = Callable[..., rhai.Run]


def engine(**limits: Any) -> rhai.Engine:
    """An engine with `give(value, …)`, which gives its first argument back, and `refuse(text)`, which raises it."""

    def give(*values: Any) -> Any:
        return values[0] if values else None

    def refuse(text: str) -> None:
        raise RuntimeError(text)

    return rhai.Engine({"give": (give, range(9)), "refuse": (refuse, [1])}, rhai.Limits(**limits))


@pytest.fixture
def run() -> Runner:
    """Compiles and runs a text with variables, under changed limits."""

    def runner(script: str, given: dict[str, Any] | None = None, /, **limits: Any) -> rhai.Run:
        given = given or {}
        return engine(**limits).compile(script, list(given)).run(given)

    return runner


@pytest.fixture
def fails(run: Runner) -> Callable[..., rhai.RhaiError]:
    """The error of a text."""

    def failing(script: str, given: dict[str, Any] | None = None, /, **limits: Any) -> rhai.RhaiError:
        with pytest.raises(rhai.RhaiError) as caught:
            run(script, given, **limits)
        return caught.value

    return failing
