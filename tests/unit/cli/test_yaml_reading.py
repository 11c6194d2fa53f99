"""YAML is read as kubectl reads it, and what has two readings is refused with its line."""

from __future__ import annotations

from typing import Any

import pytest

from cli.errors import Usage
from cli.yaml_reading import documents, plain


def read(text: str) -> Any:
    """The one document of a text."""
    [node] = documents(text, "f.yaml")
    return plain(node, "f.yaml")


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("web", "web"),
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ('"yes"', "yes"),
        ("'010'", "010"),
        ('"1.5"', "1.5"),
        ("1.2.3", "1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("7d", "7d"),
        ("96Mi", "96Mi"),
        ("0d1e", "0d1e"),
        ("2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"),
        ("2026-11-24", "2026-11-24"),
        ("nothing", "nothing"),
        ("yesterday", "yesterday"),
        ("|\n  one\n  two", "one\ntwo\n"),
        (">-\n  one\n  two", "one two"),
        ("[1, a]", [1, "a"]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_what_has_one_reading_is_read(spelled: str, value: Any) -> None:
    assert read(f"key: {spelled}\n") == {"key": value}


@pytest.mark.parametrize(
    "spelled",
    [
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "N",
        "010",
        "0o17",
        "0x1F",
        "0b11",
        "1_000",
        "+5",
        "1.5",
        ".5",
        "1.",
        "1e3",
        "1:30",
        "190:20:30",
        ".inf",
        "-.INF",
        ".nan",
        "08",
        "-010",
        "1_0.5",
    ],
)
def test_what_kubectl_could_read_otherwise_is_refused_with_line_and_remedy(spelled: str) -> None:
    with pytest.raises(Usage) as refused:
        read(f"first: 1\nkey: {spelled}\n")
    assert str(refused.value).startswith(f"f.yaml line 2: {spelled} may be read as a ")
    assert f'write "{spelled}" for the text' in str(refused.value)


@pytest.mark.parametrize("key", ["y", "on", "No", "1", "true", "~", "1.5", "010"])
def test_a_key_is_a_text(key: str) -> None:
    with pytest.raises(Usage, match=r"f\.yaml line 2: .*" + key.replace(".", r"\.")):
        read(f"a: 1\n{key}: 2\n")
    assert read(f'"{key}": 2\n') == {key: 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\nb: *x\n", "line 1: an alias or merge is not signed"),
        ("a: &x {c: 1}\nb:\n  <<: *x\n", "an alias or merge is not signed"),
        ("a: &x [*x]\n", "line 1: an alias or merge is not signed"),
        ("a: !!str 5\n", "line 1: the tag !!str is not signed"),
        ('a: !!int "5"\n', "line 1: the tag !!int is not signed"),
        ("a: !custom {b: 1}\n", "line 1: the tag !custom is not signed"),
        ("a: !!python/object:os.system {}\n", "line 1: the tag !!python/object:os.system is not signed"),
        ("a: 1\nb: 2\na: 3\n", "line 3: a comes twice"),
        ("a: 1\n? [b]\n: 2\n", "line 2: a key must be a text"),
        ("a: [1\nb: 2\n", "line 2 is not YAML: "),
        ("a: \x00\n", "is not YAML: "),
        ("a: b: c\n", "line 1 is not YAML: "),
        ("\ta: 1\n", "line 1 is not YAML: "),
    ],
)
def test_what_cannot_be_signed_says_where_and_why(text: str, said: str) -> None:
    with pytest.raises(Usage) as refused:
        read(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 5_000 + "1", "- " * 3_000 + "x"])
def test_what_is_nested_without_end_is_refused_at_once(text: str) -> None:
    with pytest.raises(Usage, match=r"f\.yaml line 1 is nested deeper than 64 levels"):
        documents(text, "f.yaml")


def test_a_bomb_of_aliases_is_refused_and_not_expanded() -> None:
    lines = ["l0: &l0 [x]"] + [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(Usage, match="an alias or merge is not signed"):
        read("\n".join(lines))


def test_empty_documents_do_not_count() -> None:
    assert [plain(each, "") for each in documents("---\n# nothing\n---\na: 1\n---\n", "f")] == [{"a": 1}]
