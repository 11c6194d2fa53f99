"""What the models of items refuse, in words for the person who wrote the script."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from plans.quantity import format_quantity
from plans.spelling import lookalike, spelled

QUANTITIES = frozenset({"memory", "disk", "size"})
KINDS = {"int": "a whole number", "string": "a text", "bool": "true or false", "list": "a list", "dict": "a map"}
FORMS = {
    "mount": 'an absolute path like "/data", of letters, digits, ., _ and -, without / at the end',
    "spread": "lower-case letters, digits and -, at most 63",
    "env": "a text without line ends and control characters",
    "a name in env": 'capital letters, digits and _, like "MY_VALUE"',
    "node_labels": "letters, digits, ., _ and -",
    "a name in node_labels": "letters, digits, ., _, / and -",
}


def worded(error: ValidationError) -> str:
    """The first mistake of an item in words of the script."""
    first = error.errors(include_url=False)[0]
    field, place, value = _place(first)
    shown = format_quantity(value) if field in QUANTITIES and isinstance(value, int) else spelled(value)
    return f"{place} is {shown}{lookalike(value)}: {_rule(first, field)}"


def _place(error: ErrorDetails) -> tuple[str, str, Any]:
    """The field, where it is, and what was given: names as scripts write them."""
    match error["loc"]:
        case (("env" | "nodeLabels") as field, key, *rest):
            name = to_snake(field)
            if "[key]" in rest:
                return f"a name in {name}", f"a name in {name}", key
            return name, f"{name} {key}", error["input"]
        case ("volumes", int(index), str(field), *_):
            return to_snake(field), f"volumes[{index}].{to_snake(field)}", error["input"]
        case (field, *_):
            return to_snake(str(field)), to_snake(str(field)), error["input"]
    return "", "the item", error["input"]


def _rule(error: ErrorDetails, field: str) -> str:
    kind, bounds = error["type"], error.get("ctx", {})
    bound = next((bounds[name] for name in ("ge", "le", "max_length") if name in bounds), 0)
    amount = format_quantity(bound) if field in QUANTITIES else str(bound)
    match kind:
        case "greater_than_equal":
            return f"write at least {amount}"
        case "less_than_equal":
            return f"write at most {amount}"
        case "multiple_of":
            return 'write whole mebibytes, like "512Mi"'
        case "string_too_long":
            return f"write at most {amount} characters"
        case "too_long":
            return f"at most {amount} are allowed"
        case "literal_error":
            return f"write {str(bounds['expected']).replace(chr(39), chr(34))}"
        case "string_pattern_mismatch" if field in FORMS:
            return f"write {FORMS[field]}"
    expected = KINDS.get(kind.removesuffix("_type"))
    return f"write {expected}" if expected else error["msg"][0].lower() + error["msg"][1:]
