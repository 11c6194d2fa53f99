"""Commands that are imported only when they are called: `hardpan --help` knows their names and first lines."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True)
class Entry:
    """A command: `module:function`, and the first line of its help."""

    target: str
    help: str
    hidden: bool = False


@dataclass(frozen=True)
class Group:
    """Commands under one noun."""

    help: str
    entries: dict[str, Entry] = field(default_factory=dict)


class LazyCommand(TyperCommand):
    """Stands for a command until it is called, asked for its help, or completed."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, callback=None, help=entry.help, hidden=entry.hidden, rich_markup_mode=None)
        self.entry = entry

    def load(self) -> Any:
        """The command itself."""
        module, _, function = self.entry.target.partition(":")
        alone = new_app(add_completion=False)
        alone.command(self.name)(getattr(importlib.import_module(module), function))
        return get_command(alone)

    def make_context(self, *words: Any, **extra: Any) -> Any:
        """The context of the command itself; from here on this one has no part in it."""
        return self.load().make_context(*words, **extra)


def new_app(**options: Any) -> typer.Typer:
    """A Typer without decoration: what is shown is ours to decide."""
    return typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, **options)


def add_to(group: Any, entries: dict[str, Entry | Group]) -> None:
    """Adds entries to a group."""
    for name, entry in entries.items():
        if isinstance(entry, Entry):
            group.add_command(LazyCommand(name, entry), name)
            continue
        below = TyperGroup(name=name, help=entry.help, no_args_is_help=True, rich_markup_mode=None)
        for word, each in entry.entries.items():
            below.add_command(LazyCommand(word, each), word)
        group.add_command(below, name)
