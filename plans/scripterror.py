"""What the engine says about a script, in words for the person who wrote it, with what was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rhai
from plans.errors import ScriptError
from plans.language import Functions

_SIGNATURE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*) \((.*)\)")
_DECLARED = re.compile(r"\b(?:let|const|for)\s+\(?\s*([A-Za-z_][A-Za-z0-9_]*)")
_FRACTION = re.compile(r"[0-9]\.(?=[0-9])")
HANDLE_FIELDS = ("address", "kind", "name")
_LIMIT_WORDS = {
    "operations": "the script runs too long: more than {0.operations:,} operations",
    "time": "the script takes longer than {0.seconds:g} s",
    "memory": "the script uses more than {0.memory:,} bytes of memory",
    "calls": "functions call each other more than {0.calls} levels deep",
    "depth": "expressions are nested more than {0.depth} levels deep",
    "variables": "more than {0.variables} variables",
    "functions": "more than {0.functions} functions",
    "text": "the script is longer than {0.text:,} bytes",
}
_SIZE_WORDS = (
    ("string", "a text is longer than {0.string:,} bytes, all texts of one value together"),
    ("map", "a map has more than {0.map:,} entries, those inside it included"),
    ("array", "a list has more than {0.array:,} elements, those inside it included"),
)


class Explainer:
    """Knows the script at hand: its text, parameters, functions and limits; `defined` once it is compiled."""

    def __init__(
        self,
        script: str,
        params: Mapping[str, Any],
        ours: Functions,
        built_in: Sequence[str],
        limits: rhai.Limits,
    ) -> None:
        self._script = script
        self._params = params
        self._ours = ours
        self._built_in = built_in
        self._limits = limits
        self.defined: Iterable[rhai.Named] = ()

    def explained(self, error: rhai.RhaiError) -> ScriptError:
        """The same error in plain words, at the innermost place that is known."""
        line, column = error.line, error.column
        if not line and error.calls:
            _, line, column = error.calls[-1]
        return ScriptError(self._words(error), line, column)

    def _words(self, error: rhai.RhaiError) -> str:
        if isinstance(error, rhai.LimitExceeded):
            return self._limit(error)
        match error.kind:
            case "FunctionNotFound":
                return self._function(error.function)
            case "VariableNotFound":
                return self._variable(error.function)
            case "PropertyNotFound":
                fields = [*HANDLE_FIELDS, *self._params]
                return f"nothing is called `{error.function}` here{_meant(error.function, fields)}"
            case "Thrown":
                return error.message
        if self._is_fraction(error.line, error.column):
            return "numbers have no fractions here: write a whole number, or a text"
        return _plain(error.message)

    def _limit(self, error: rhai.RhaiError) -> str:
        words = _LIMIT_WORDS.get(error.kind, error.message)
        if error.kind == "size":
            words = next((words for part, words in _SIZE_WORDS if part in error.message.lower()), words)
        return words.format(self._limits) if words is not error.message else words[0].lower() + words[1:]

    def _function(self, signature: str) -> str:
        match = _SIGNATURE.fullmatch(signature)
        if match is None:
            return f"`{_plain(signature)}` cannot be done with these values"
        name, given = match.group(1), len([part for part in match.group(2).split(",") if part.strip()])
        takes = {*self._ours.get(name, ((), ()))[1]} or {each.arity for each in self.defined if each.name == name}
        if takes:
            return f"`{name}` takes {_counted(takes)}, {given} given"
        if name in self._built_in:
            return f"`{name}` does not work on these values ({_plain(match.group(2))})"
        known = [*self._ours, *(each.name for each in self.defined), *self._built_in]
        return f"unknown function `{name}`{_meant(name, known)}"

    def _variable(self, name: str) -> str:
        declared = dict.fromkeys(["params", *_DECLARED.findall(self._script)])
        if name in declared:
            scope = "fn and |…| see their own arguments only, and a name ends with its block"
            return f"`{name}` is not known here: {scope}"
        return f"unknown variable `{name}`{_meant(name, list(declared))}"

    def _is_fraction(self, line: int, column: int) -> bool:
        """Whether the engine stumbled over the second half of something like 1.5."""
        lines = self._script.split("\n")
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        return bool(_FRACTION.match(text, max(0, column - 3)))


def _meant(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _counted(takes: set[int]) -> str:
    words = " or ".join(str(count) for count in sorted(takes))
    return f"{words} argument{'' if takes == {1} else 's'}"


def _plain(message: str) -> str:
    """Without the names of Rust types."""
    text = re.sub(r"&str \| ImmutableString \| String|ImmutableString|&str", "text", message)
    return text.replace("i64", "number").replace("array", "list")
