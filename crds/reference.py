"""Writes docs/reference/api.md from the models: `python -m crds.reference --write|--check`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from crds.fields import SchemaField, fields
from crds.forms import FORMS, form
from crds.generated import run
from crds.kinds import KINDS
from crds.meta import API_VERSION, KindDefinition
from crds.reasons import ConditionDefinition, DocumentedReason, RefusalReason

FILE = Path(__file__).parents[1] / "docs" / "reference" / "api.md"
# Every kind has these two; they are told of once.
COMMON = ("status.observedGeneration", "status.conditions")
HEAD = f"""# API reference

Made from the models in `crds/` by `make crds`: change those, not this page. Every kind is of `{API_VERSION}`,
is listed by `kubectl get hardpan -A`, and has a status that only controllers write.

Use qualified names (`nodes.hardpan.dev`) or short names (`hpnode`): the bare names `nodes`, `deployments` and `jobs`
are Kubernetes' own. `kubectl explain hpnode.spec` says the same as this page. A field that is absent stays absent:
no field has a default, for a signature covers what is written and nothing else.
"""
ORDERED = sorted(KINDS, key=lambda kind: kind.scope != "Namespaced")


def page() -> str:
    """The whole page."""
    parts = [HEAD, _contents(), _forms(), _status(), *(_kind(kind) for kind in ORDERED), _refusals()]
    return "\n".join(parts)


def _contents() -> str:
    rows = [
        (
            f"[{kind.kind}](#{kind.kind.lower()})",
            kind.scope.lower(),
            f"`{kind.short_name}`",
            kind.written_by,
            kind.description,
        )
        for kind in ORDERED
    ]
    return table(("kind", "scope", "short name", "written by", "purpose"), rows)


def _forms() -> str:
    rows = [(each.name, f"`{each.example}`", f"`{each.pattern}`") for each in FORMS]
    words = "Names of forms that fields below have. Times are UTC in whole seconds, amounts are bytes.\n"
    return f"## Forms\n\n{words}\n" + table(("form", "example", "pattern"), rows)


def _status() -> str:
    condition = [each for each in fields(KINDS[0]) if each.path.startswith("status.conditions[].")]
    rows = [
        (f"`{each.path.rpartition('.')[2]}`", _needed(each), form(each.schema), _meaning(each)) for each in condition
    ]
    words = (
        "Every status has `observedGeneration`, the generation that it speaks of, and `conditions`, a map by type:\n"
    )
    return f"## Status of every kind\n\n{words}\n" + table(("field", "needed", "form", "meaning"), rows)


def _kind(kind: KindDefinition) -> str:
    parts = [f"## {kind.kind}\n\n{kind.description} Written by: {kind.written_by}.\n", _lists(kind)]
    parts += [_fields(kind, part) for part in ("spec", "status")]
    parts += [_rules(kind), _conditions(kind)]
    return "\n".join(part for part in parts if part)


def _lists(kind: KindDefinition) -> str:
    shown = " ".join(each.name.upper() for each in kind.columns if not each.wide)
    wide = ", ".join(each.name.upper() for each in kind.columns if each.wide)
    select = ", ".join(f"`--field-selector {each.removeprefix('.')}=…`" for each in kind.selectable_fields)
    lines = [f"`kubectl get {kind.name}` shows NAME {shown}"]
    lines += [f"with `-o wide` also {wide}"] if wide else []
    lines += [f"filter by {select}"] if select else []
    return "; ".join(lines) + ".\n"


def _fields(kind: KindDefinition, part: str) -> str:
    inside = [each for each in fields(kind) if each.named and each.path.startswith(f"{part}.")]
    own = [each for each in inside if not each.path.startswith(COMMON)]
    if not own:
        return ""
    rows = [(f"`{each.path.partition('.')[2]}`", _needed(each), form(each.schema), _meaning(each)) for each in own]
    return f"### {kind.kind} {part}\n\n" + table(("field", "needed", "form", "meaning"), rows)


def _rules(kind: KindDefinition) -> str:
    """What is refused besides forms and bounds; rules of the status concern controllers only."""
    found = [(each, rule) for each in fields(kind) if not each.path.startswith("status") for rule in each.rules]
    lines = [f"- {_place(each, rule)}{rule['message']}" for each, rule in found]
    return f"### {kind.kind} rules\n\n" + "\n".join(lines) + "\n" if lines else ""


def _place(field: SchemaField, rule: Mapping[str, str]) -> str:
    path = (field.path + rule.get("fieldPath", "")).removeprefix(".")
    return f"`{path}`: " if path else ""


def _conditions(kind: KindDefinition) -> str:
    if not kind.conditions:
        return ""
    rows = [(f"`{each.type}`", each.meaning, each.written_by) for each in kind.conditions]
    reasons = [
        (f"`{reason}`", ", ".join(_in(reason, kind.conditions)), reason.meaning, reason.remedy)
        for reason in dict.fromkeys(reason for each in kind.conditions for reason in each.reasons)
    ]
    refusable = ", ".join(each.type for each in kind.conditions if each.refusable)
    also = f"\nA [refusal](#refusals) may be the reason of {refusable} too.\n" if refusable else ""
    return (
        f"### {kind.kind} conditions\n\n"
        + table(("condition", "True means", "written by"), rows)
        + "\n"
        + table(("reason", "in", "meaning", "what to do"), reasons)
        + also
    )


def _in(reason: DocumentedReason, conditions: Iterable[ConditionDefinition]) -> Iterator[str]:
    return (each.type for each in conditions if reason in each.reasons)


def _refusals() -> str:
    rows = [(f"`{each}`", each.meaning, each.remedy) for each in RefusalReason]
    words = "The same words at every gate; the message of a Job that its node refused begins with one.\n"
    return f"## Refusals\n\n{words}\n" + table(("reason", "meaning", "what to do"), rows)


def _needed(field: SchemaField) -> str:
    return "yes" if field.required else ""


def _meaning(field: SchemaField) -> str:
    return str(field.schema.get("description", ""))


def table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """A table of a page."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |\n" for row in lines)


def main(arguments: list[str]) -> int:
    """Writes or checks the page."""
    return run({FILE: page()}, arguments, "crds.reference")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
