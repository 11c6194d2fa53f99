"""Takes guards out of the code, one at a time: an attack whose guard is gone must be seen to get further.

A guard is a piece of source and what stands there without it. The functions of the running module get the code that
the changed source gives, for as long as a test lasts; so every guard that is named must still be there, word for word.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any


@dataclass(frozen=True)
class Edit:
    """A piece of a module's source, and what stands there without the guard."""

    module: str
    guard: str
    without: str


@contextmanager
def taken_out(*edits: Edit) -> Iterator[None]:
    """The program without these guards."""
    with ExitStack() as stack:
        for name in sorted({each.module for each in edits}):
            stack.enter_context(_changed(name, [each for each in edits if each.module == name]))
        yield


@contextmanager
def _changed(name: str, edits: list[Edit]) -> Iterator[None]:
    module = importlib.import_module(name)
    source = inspect.getsource(module)
    for edit in edits:
        assert source.count(edit.guard) == 1, f"{name} has {source.count(edit.guard)} times {edit.guard!r}"
        source = source.replace(edit.guard, edit.without)
    changed = _functions_of(source, module)
    swapped = {qualified: each for qualified, each in _functions(module) if _differs(each, changed.get(qualified))}
    assert swapped, f"no function of {name} is another one by {edits}"
    kept = {qualified: each.__code__ for qualified, each in swapped.items()}
    try:
        _put(swapped, changed)
        _forget(module)
        yield
    finally:
        _put(swapped, kept)
        _forget(module)


def _put(functions: Mapping[str, FunctionType], codes: Mapping[str, CodeType]) -> None:
    for qualified, each in functions.items():
        each.__code__ = codes[qualified]


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """The functions and methods that a module defines, also those behind a cache, by qualified name."""
    owners: list[Any] = [module, *(each for each in vars(module).values() if inspect.isclass(each))]
    for owner in owners:
        for each in vars(owner).values():
            plain = inspect.unwrap(getattr(each, "__func__", getattr(each, "fget", each)) or each)
            if isinstance(plain, FunctionType) and plain.__module__ == module.__name__:
                yield plain.__qualname__, plain


def _functions_of(source: str, module: ModuleType) -> dict[str, CodeType]:
    """The code of every function in a source, by qualified name."""
    found: dict[str, CodeType] = {}

    def collect(code: CodeType) -> None:
        for each in code.co_consts:
            if isinstance(each, CodeType):
                found[each.co_qualname] = each
                collect(each)

    collect(compile(source, module.__file__ or "", "exec", flags=0, dont_inherit=False))
    return found


def _differs(function: FunctionType, code: CodeType | None) -> bool:
    return code is not None and code.co_code + repr(code.co_consts).encode() != (
        function.__code__.co_code + repr(function.__code__.co_consts).encode()
    )


def _forget(module: ModuleType) -> None:
    """What was decided with a guard must not be remembered without it, nor the other way round."""
    for each in vars(module).values():
        if hasattr(each, "cache_clear"):
            each.cache_clear()
