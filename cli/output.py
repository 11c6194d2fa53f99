"""What commands print: plain text on stdout, tables within 100 columns, or JSON and YAML where data is printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml


class Form(StrEnum):
    """How data is printed."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Form, typer.Option("--output", "-o", help="How to print: text, json or yaml.")]


def show(form: Form, data: Any, text: str) -> None:
    """Prints the data in its form, or the text."""
    if form is Form.JSON:
        typer.echo(json.dumps(data, indent=2))
    elif form is Form.YAML:
        typer.echo(yaml.safe_dump(data, sort_keys=False).rstrip())
    else:
        typer.echo(text)


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Columns aligned with spaces."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(indent + line for line in lines)
