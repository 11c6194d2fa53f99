from collections.abc import Callable
from typing import Any

from rhai import Limits

class Named:
    name: str
    arity: int
    line: int
    column: int

class Run:
    value: Any
    operations: int
    peak_memory: int
    printed: list[str]

class Script:
    calls: list[Named]
    functions: list[Named]
    def run(self, variables: dict[str, Any]) -> Run: ...

class Engine:
    def __init__(self, functions: list[tuple[str, Callable[..., Any], list[int]]], limits: Limits) -> None: ...
    @property
    def names(self) -> set[tuple[str, int]]: ...
    def compile(self, text: str, names: list[str]) -> Script: ...

def place() -> tuple[int, int]: ...
