"""Options that several commands have in common: the fields of a dataclass, declared once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

Command = Callable[..., None]


def sharing(command: Command) -> Command:
    """The command, with the fields of its one dataclass parameter as options of its own, behind its others."""
    own = inspect.signature(command, eval_str=True).parameters
    (shared,) = (each for each in own.values() if is_dataclass(each.annotation))
    fields = inspect.signature(shared.annotation, eval_str=True).parameters
    taken = {name: each for name, each in {**own, **fields}.items() if name != shared.name}

    @functools.wraps(command)
    def called(**values: Any) -> None:
        made = shared.annotation(**{name: values.pop(name) for name in fields})
        command(**values, **{shared.name: made})

    # By name only: what has no default may then stand behind what has one.
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in taken.values()]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {name: each.annotation for name, each in taken.items()}
    return called
