"""The documentation speaks of what is there: files, links, commands, verbs of make, settings, tests."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from controllers.gateway.routes import KIBIBYTE, ROUTES
from crds.kinds import KINDS
from tests.unit.docs.commands import calls, unknown
from tests.unit.docs.markdown import ROOT, Page, page, pages, spans, tables

PAGES = pages()
FOLDERS = {each.name for each in ROOT.iterdir() if each.is_dir() and not each.name.startswith(".")}
PRODUCT = ("crds", "trust", "plans", "jobs", "controllers", "node-agent", "sal", "cli")
CLAIM = "4248e79bfc9e5dd678dce2bcc94a5ba3e46fd12af115313f3b97b30874740d18"


every_page = pytest.mark.parametrize("each", PAGES, ids=[each.name for each in PAGES])


def sources() -> str:
    """The text of the product."""
    return "\n".join(file.read_text() for folder in PRODUCT for file in (ROOT / folder).rglob("*.py"))


@every_page
def test_every_relative_link_leads_somewhere(each: Page) -> None:
    for link in each.links():
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = Page((each.path.parent / file).resolve() if file else each.path)
        assert target.path.exists(), f"{each.name}: {link} leads nowhere"
        if anchor:
            assert anchor in target.anchors(), f"{each.name}: {target.name} has no heading for #{anchor}"


@every_page
def test_every_file_of_the_tree_that_is_named_exists(each: Page) -> None:
    for word in (word for code in each.code() for word in re.split(r"[\s,:=]+", code)):
        path = word.strip("`'\".,;()")
        named = path.partition("/")[0] in FOLDERS and re.fullmatch(r"[\w./*-]+/[\w./*-]*", path)
        if named and not re.search(r"/[A-Z_]{4,}\b", path):
            assert path.rstrip("/") in FOLDERS or list(ROOT.glob(path.rstrip("/"))), f"{each.name}: {path} is not there"


@every_page
def test_every_verb_of_make_that_is_named_exists(each: Page) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {verb for code in each.code() for verb in re.findall(r"(?:^|[\s;&])make ([a-z][a-z-]*)", code)}
    assert named <= verbs, f"{each.name}: make has no {', '.join(sorted(named - verbs))}"


@every_page
def test_every_command_and_option_that_is_named_exists(each: Page) -> None:
    for code in each.code():
        for words in calls(code):
            assert not unknown(words), f"{each.name}: `{code.strip()}`: {unknown(words)}"


def test_the_check_of_commands_finds_what_is_not_there() -> None:
    assert calls("export X=1 && kubectl hardpan sign FILE --kex K | cat") == [["sign", "FILE", "--kex", "K"]]
    assert "no option --kex" in unknown(["sign", "FILE", "--kex", "K"])
    assert "no command 'console'" in unknown(["console", "web-0"])
    assert "no command 'show'" in unknown(["token", "show"])
    assert unknown(["token", "create", "NAME", "--in-site", "lab"]) == ""


@every_page
def test_every_test_that_is_named_exists(each: Page) -> None:
    for file, name in re.findall(r"(tests/[\w/]+\.py)::(\w+)", each.text):
        assert re.search(rf"def {name}\(", (ROOT / file).read_text()), f"{each.name}: {file} has no {name}"


def test_every_threat_has_a_guard_and_a_test_and_says_what_is_not_promised() -> None:
    head, *rows = tables(page("docs/security.md").section("Threats and tests"))[0]
    assert head == ["threat", "guard", "test", "what is not promised"]
    for threat, guard, test, not_promised in rows:
        assert guard, f"{threat}: no guard"
        assert re.search(r"`tests/[\w/]+\.py::test_\w+`", test), f"{threat}: no test"
        assert not_promised, f"{threat}: write what is not promised, or –"


@every_page
def test_no_page_names_a_folder_of_one_machine(each: Page) -> None:
    assert not re.search(r"/work/|/root/", each.text), f"{each.name} speaks of a machine that readers do not have"


def test_the_claim_stands_word_for_word_and_only_once() -> None:
    quoted = [line.removeprefix("> ") for line in page("docs/security.md").text.splitlines() if line.startswith("> ")]
    words = " ".join(" ".join(quoted).split())
    assert hashlib.sha256(words.encode()).hexdigest() == CLAIM, "the claim is changed by decision only"


def test_the_layers_are_those_that_are_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    assert " → ".join(f"`{layer}`" for layer in layers) in page("docs/architecture.md").text


def test_every_kind_is_listed_with_its_short_name_and_scope() -> None:
    rows = tables(page("docs/architecture.md").section("Kinds"))[0][1:]
    listed = {tuple(cell.strip("`") for cell in row[:3]) for row in rows}
    assert listed == {(kind.kind, kind.short_name, kind.scope.lower()) for kind in KINDS}


def test_the_calls_of_the_gateway_are_its_routes() -> None:
    listed = tables(page("docs/architecture.md").section("Processes and ports"))[1][1:]
    routes = [[f"`{r.method} {r.path}`", r.upstream, f"{r.body_limit // KIBIBYTE} KiB"] for r in ROUTES]
    assert listed == routes


def test_every_setting_of_a_controller_is_documented_and_no_other() -> None:
    used = set(re.findall(r'"(HARDPAN_[A-Z0-9_]+)"', sources()))
    listened = {name for name in used if name.endswith("_LISTEN")}
    used |= {f"{name}_{file}" for name in listened for file in ("CERTIFICATE", "KEY")}
    behind_gateway = re.findall(r'"(HARDPAN_[A-Z0-9_]+)", "[^"]+", behind_gateway=True', sources())
    used |= {f"{name}_CLIENTS" for name in behind_gateway}
    named = {name for each in PAGES for name in re.findall(r"HARDPAN_[A-Z0-9_]*[A-Z0-9]", each.text)}
    assert named - used == set(), "documented, but no part reads it"
    assert used - named == set(), "read, but documented nowhere"


def test_decisions_are_numbered_listed_and_of_one_form() -> None:
    folder = ROOT / "docs" / "adr"
    files = sorted(folder.glob("[0-9]*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    listing = (folder / "README.md").read_text()
    for file in files:
        assert f"({file.name})" in listing, f"docs/adr/README.md does not list {file.name}"
        headings = re.findall(r"^## (.+)$", file.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], f"{file.name} has {headings}"
        assert re.search(r"^Status: (accepted|replaced by \[)", file.read_text(), re.MULTILINE), file.name


def test_the_readme_shows_every_verb_that_people_need() -> None:
    named = set(spans(page("README.md").text)) | set("\n".join(page("README.md").blocks()).split("\n"))
    for verb in ("make demo", "make demo-down", "make test", "make test-fast"):
        assert any(verb in each for each in named), f"README.md does not tell of {verb}"


def test_each_named_place_of_a_measured_figure_is_marked_once() -> None:
    marks = re.findall(r"<!-- measured: ([\w-]+) -->", "\n".join(Path(each.path).read_text() for each in PAGES))
    assert len(marks) == len(set(marks))
