"""Setting fields changes those lines and not a byte beside them, however a manifest is laid out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cli.yaml_editing import Field, with_fields
from cli.yaml_reading import documents, entry, plain

FIELDS: dict[str, Field] = {
    "revision": 8,
    "plan": "sha256:" + "0" * 64,
    "signatures": [{"keyID": "SHA256:abc", "signature": "-----BEGIN\nabc+/=\n-----END\n"}],
}
LAYOUTS = {
    "comments everywhere": """\
# head
kind: Deployment   # kind
spec:   # spec

  # before
  language: 1
  params:
    list:
    - a
    - b   # b

    replicas: 3
  script: |
    let x = 1;
    // not yaml

    # not a comment
  # after the script
  region: eu   # with a comment
# behind
status: {}
""",
    "script last": "kind: D\nspec:\n    language: 1\n    script: |\n        let x = 1;\n\n# end\n",
    "kept line breaks": "spec:\n  script: |+\n    let x = 1;\n\n\nother: 1\n",
    "no last line break": "spec:\n  script: |\n    let x = 1;",
    "no last line break, quoted": 'spec:\n  script: "let x = 1;"',
    "flow": '{kind: D, spec: {language: 1, script: "x", params: {a: 1}}}\n',
    "flow with a comma": 'spec: {script: "x",}\n',
    "signed before": """\
spec:
  script: |-
    let x = 1;
  plan: "sha256:old"   # the plan
  signatures:
  - keyID: "x"
    signature: |
      aaa
      bbb
  # behind
""",
    "signed before, in the middle": """\
spec:
  revision: 7
  signatures: [{keyID: x, signature: z}]
  plan:
  script: x
""",
    "a comment behind old signatures": "spec:\n  script: x\n  signatures: []  # none yet\n",
    "two documents": "# first\n---\na: &a [1]\nb: *a\n---\nspec:\n  script: x\n---\nkind: Secret\n...\n",
    "windows": "spec:\r\n  language: 1   # one\r\n  script: |\r\n    a\r\n    b\r\nother: 1\r\n",
    "other alphabets": 'spec:\n  script: "𝒳 é → ;"  # naïve 𝒳\n  params: {é: 𝒳}\nother: é\n',
}


def edited(text: str) -> str:
    """The first candidate that reads as wanted."""
    target, place = _spec(text)
    wanted = {**plain(target, ""), **FIELDS}
    for candidate in with_fields(text, target, FIELDS):
        if plain(_spec(candidate)[0], "") == wanted and _others(candidate, place) == _others(text, place):
            return candidate
    raise AssertionError("no candidate reads as wanted")


def _spec(text: str) -> tuple[Any, int]:
    for index, node in enumerate(documents(text, "")):
        found = entry(node, "spec")
        if found is not None:
            return found[1], index
    raise AssertionError(text)


def _others(text: str, place: int) -> list[Any]:
    whole = [each for each in yaml.safe_load_all(text) if each is not None]
    return [{**each, "spec": None} if index == place else each for index, each in enumerate(whole)]


def lost(before: str, after: str) -> list[str]:
    """Lines of the old text that are not in the new one, in order."""
    rest = iter(after.split("\n"))
    return [line for line in before.split("\n") if line not in rest]


@pytest.mark.parametrize("name", [each for each in LAYOUTS if "flow" not in each])
def test_only_the_lines_of_the_fields_change(name: str) -> None:
    text = LAYOUTS[name]
    owned = ("revision", "plan", "signatures", "keyID", "signature", "aaa", "bbb")
    kept = [line for line in text.split("\n") if not line.strip().lstrip("- ").startswith(owned)]
    assert lost("\n".join(kept), edited(text)) == []


@pytest.mark.parametrize("name", ["flow", "flow with a comma"])
def test_a_map_in_braces_stays_in_braces(name: str) -> None:
    assert edited(LAYOUTS[name]).startswith(LAYOUTS[name].rstrip("},\n"))
    assert edited(LAYOUTS[name]).count("\n") == 1


@pytest.mark.parametrize("name", LAYOUTS)
def test_setting_them_again_changes_nothing(name: str) -> None:
    once = edited(LAYOUTS[name])
    assert edited(once) == once


def test_a_comment_beside_a_field_stays() -> None:
    assert f'  plan: "{FIELDS["plan"]}"   # the plan\n' in edited(LAYOUTS["signed before"])


def test_line_breaks_of_windows_stay() -> None:
    assert edited(LAYOUTS["windows"]).replace("\r\n", "").count("\n") == 0


gap = st.sampled_from(["", "\n", "\n\n", "  # note\n", "# far left\n", "      # far right\n"])
key = st.sampled_from(["language", "region", "params", "plan", "revision", "signatures", "suspend", "script"])
value = st.sampled_from(
    [
        "1",
        "eu",
        '"quoted # no comment"',
        "'single'",
        "",
        "~",
        "[1, 2]",
        "{a: {b: 1}}",
        "|\n    let x;\n",
        "|-\n    let x;\n\n    # text\n",
        "|+\n    let x;\n\n",
        "|2\n      indented\n",
        ">\n    folded\n    text\n",
        "\n    a: 1\n    b:\n      - c\n      - d: e",
        "\n  - one\n  - two",
        "\n    - |\n      deep\n    - x",
        "plain\n    going on",
    ]
)
comment = st.sampled_from(["", "  # beside", " #"])


def _no_block_of_text(spelled: str) -> bool:
    """What such a block holds is no comment, and is replaced with it."""
    return spelled[:1] not in ("|", ">") and "# " not in spelled and "|" not in spelled


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """Any mixture of these in a spec, between other documents."""
    names = draw(st.lists(key, min_size=1, max_size=6, unique=True))
    body = ""
    for name in names:
        content = draw(value.filter(_no_block_of_text) if name in FIELDS else value)
        tail = draw(comment) if "\n" not in content else ""
        body += f"  {name}: {content}{tail}".rstrip("\n") + "\n" * (2 if content.endswith("\n\n") else 1) + draw(gap)
    text = f"{draw(gap)}kind: D\nspec:{draw(comment)}\n{draw(gap)}{body}{draw(gap)}status: {{}}\n"
    text = draw(st.sampled_from(["", "# head\n---\na: 1\n---\n"])) + text + draw(st.sampled_from(["", "---\nb: 2\n"]))
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@settings(derandomize=True, deadline=None, max_examples=150)
@given(manifests())
@example("kind: D\nspec:\n  script: |+\n    let x;\n\n# far left\nstatus: {}")
def test_any_layout_can_be_edited_without_losing_a_comment_or_a_value(text: str) -> None:
    after = edited(text)
    for line in text.splitlines():
        before, mark, note = line.partition("# ")
        if mark:
            assert f"# {note}" in after, before
