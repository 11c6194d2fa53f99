"""The committed reference is what the models say, and it tells of everything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crds import reference
from crds.fields import fields
from crds.forms import FORMS, form
from crds.kinds import KINDS
from crds.meta import KindDefinition
from crds.reasons import RefusalReason

PAGE = reference.page()
every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_committed_page_is_what_the_models_say() -> None:
    assert reference.FILE.read_text() == PAGE, "run `make crds` and commit what it writes"


def test_a_page_that_differs_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "FILE", tmp_path / "reference" / "api.md")
    assert reference.main(["--check"]) == 1
    assert "api.md differs from its model: run `make crds`" in capsys.readouterr().err
    assert [reference.main([word]) for word in ("--write", "--check", "--wirte")] == [0, 0, 2]


@every_kind
def test_every_field_rule_condition_and_reason_of_a_kind_is_told(kind: KindDefinition) -> None:
    told = section(kind.kind)
    spec = [each.path.removeprefix("spec.") for each in fields(kind) if each.named and each.path.startswith("spec.")]
    missing = [path for path in spec if f"| `{path}` |" not in told]
    messages = [rule["message"] for each in fields(kind) if not each.path.startswith("status") for rule in each.rules]
    missing += [message for message in messages if message not in told]
    missing += [each.type for each in kind.conditions if f"| `{each.type}` |" not in told]
    missing += [str(word) for each in kind.conditions for word in each.reasons if f"| `{word}` |" not in told]
    assert missing == []
    assert kind.written_by in told


def test_every_refusal_is_told_with_its_remedy() -> None:
    told = section("Refusals")
    assert [str(each) for each in RefusalReason if f"| `{each}` | {each.meaning} | {each.remedy} |" not in told] == []


def test_every_table_is_whole_and_every_link_leads_somewhere() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    tables = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    widths = [{len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()} for table in tables]
    assert all(len(each) == 1 for each in widths)
    assert len(rows) > 200
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


@pytest.mark.parametrize("each", FORMS, ids=[each.name for each in FORMS])
def test_an_example_has_the_form_that_it_stands_for(each: object) -> None:
    pattern, example = each.pattern, each.example  # type: ignore[attr-defined]
    assert re.fullmatch(pattern, example)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "boolean"}, "true or false"),
        ({"type": "integer", "minimum": 1, "maximum": 100_000}, "integer, 1–100,000"),
        ({"type": "integer", "minimum": 0, "maximum": 2**53 - 1}, "integer from 0"),
        ({"type": "string", "maxLength": 64}, "text, at most 64 characters"),
        ({"type": "string", "enum": ["a", "b"]}, "`a` or `b`"),
        ({"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "boolean"}}, "list, 1–3, of true or false"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "map, of true or false"),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, "map of anything"),
    ],
)  # fmt: skip
def test_a_schema_is_told_in_words(schema: dict[str, object], words: str) -> None:
    assert form(schema) == words
