"""`values.yaml`: every setting with its default, and what it means above it."""

from __future__ import annotations

import json
import textwrap

from charts.values.settings import Setting, settings

WIDTH = 110
HEAD = "# Made from the models in charts/values by `make charts`: change those.\n"


def text() -> str:
    """The file."""
    return HEAD + "".join(_lines(each) for each in settings())


def _lines(setting: Setting) -> str:
    indent = "  " * (len(setting.path) - 1)
    comment = textwrap.wrap(setting.meaning, WIDTH - len(indent) - 2, break_long_words=False)
    space = "\n" if len(setting.path) == 1 else ""
    words = "".join(f"{indent}# {line}\n" for line in comment)
    default = "" if setting.group else f" {json.dumps(setting.default)}"
    return f"{space}{words}{indent}{setting.path[-1]}:{default}\n"
