"""The Rhai scripting engine, set up for scripts that nobody trusts.

An engine is immutable and cheap (2-3 µs): make one per evaluation, with the bound functions of that evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from rhai import _rhai
from rhai._rhai import Named, Run, Script, place
from rhai.errors import EngineFailed, EvalError, LimitExceeded, ParseError, RhaiError

VERSION = "1.27.0"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of a script. `operations` is the one that decides; time and memory are generous backstops.

    Seconds are of processor time. Bytes: text, memory, string. Counts: operations, calls (depth of calls), depth (of
    expressions), array and map (elements of one value, nested ones included), variables, functions, arguments. Zero is
    refused: Rhai would take it for "unlimited".
    """

    text: int = 65_536
    operations: int = 1_000_000
    seconds: float = 1.0
    memory: int = 32 << 20
    calls: int = 32
    depth: int = 32
    string: int = 65_536
    array: int = 1_024
    map: int = 1_024
    variables: int = 256
    functions: int = 64
    arguments: int = 8

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 < getattr(self, field.name) < math.inf:
                raise ValueError(f"limit {field.name} must be above zero and finite")


class Engine:
    """An engine with functions by name: (callable, the numbers of arguments that it takes)."""

    def __init__(
        self, functions: Mapping[str, tuple[Callable[..., Any], Sequence[int]]], limits: Limits | None = None
    ) -> None:
        listed = [(name, function, list(arities)) for name, (function, arities) in functions.items()]
        self._engine = _rhai.Engine(listed, limits or Limits())

    def compile(self, text: str, names: Sequence[str] = ()) -> Script:
        """Compiles a script that may read the variables `names`. Raises ParseError or LimitExceeded."""
        return self._engine.compile(text, list(names))

    @property
    def names(self) -> set[tuple[str, int]]:
        """Every function that a script may call, with its number of arguments; operators too."""
        return self._engine.names


__all__ = [
    "VERSION",
    "Engine",
    "EngineFailed",
    "EvalError",
    "LimitExceeded",
    "Limits",
    "Named",
    "ParseError",
    "RhaiError",
    "Run",
    "Script",
    "place",
]
