"""Reads our Markdown as far as the tests of the documentation need it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page of the documentation."""

    path: Path

    @property
    def name(self) -> str:
        """Its path from the root of the tree."""
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text()

    @property
    def prose(self) -> str:
        """All but the fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, language: str | None = None) -> list[str]:
        """The fenced blocks of one language, or of all."""
        return [body for kind, body in _FENCE.findall(self.text) if language in (None, kind)]

    def code(self) -> list[str]:
        """Everything that is set as code: spans in the prose, and the lines of fenced blocks."""
        return spans(self.prose) + [line for block in self.blocks() for line in block.splitlines()]

    def links(self) -> list[str]:
        """The targets of all links."""
        return _LINK.findall(_SPAN.sub("", self.prose))

    def anchors(self) -> set[str]:
        """What links may point to within the page, as the forges that render it make it."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.prose)}

    def section(self, heading: str) -> str:
        """What stands below a heading, up to the next one of its level or higher."""
        start = re.search(rf"^(#+) {re.escape(heading)}$", self.text, re.MULTILINE)
        assert start, f"{self.name} has no section {heading!r}"
        rest = self.text[start.end() :]
        end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
        return rest[: end.start()] if end else rest

    def after(self, marker: str) -> str:
        """The fenced block behind a comment `<!-- marker -->`."""
        rest = self.text.split(f"<!-- {marker} -->", 1)[1]
        found = _FENCE.search(rest)
        assert found, f"{self.name}: no block behind {marker!r}"
        return found[2]


def page(name: str) -> Page:
    """A page by its path from the root of the tree."""
    return Page(ROOT / name)


def pages() -> list[Page]:
    """All pages that people read."""
    return [Page(path) for path in [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]]


def spans(text: str) -> list[str]:
    """The code spans of a text, without the space that Markdown takes off a span that begins or ends with a tick."""
    return [re.sub(r"^ (.*`.*) $", r"\1", span) for _, span in _SPAN.findall(text)]


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a text: rows of cells, the header first."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            if not re.fullmatch(r"\|[-:| ]+\|", line):
                found[-1].append(_cells(line))
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def _cells(line: str) -> list[str]:
    """The cells of a row; a `|` in a code span separates nothing."""
    hidden = _SPAN.sub(lambda span: span[0].replace("|", "\0"), line)
    return [cell.strip().replace("\0", "|") for cell in hidden.strip().strip("|").split("|")]
