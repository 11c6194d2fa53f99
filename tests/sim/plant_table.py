"""The table of planted bugs in the documentation: `python -m tests.sim.plant --write` puts in what it found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- planted bugs -->\n", "<!-- end of planted bugs -->\n"
HEAD = "| Planted bug | What is broken | What gave it away |\n|---|---|---|\n"


@dataclass(frozen=True)
class Row:
    """One planted bug as readers see it."""

    name: str
    broken: str
    found: str

    def __str__(self) -> str:
        return f"| `{self.name}` | {self.broken} | {self.found} |\n"


def rows() -> dict[str, Row]:
    """What the page says."""
    listed = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", _parts()[1], re.MULTILINE)
    return {name: Row(name, broken, found) for name, broken, found in listed}


def write(found: Iterable[Row], there: Iterable[str]) -> None:
    """Takes these rows over, and drops those of bugs that are not there any more."""
    before, _, after = _parts()
    merged = rows() | {each.name: each for each in found}
    kept = [str(merged[name]) for name in sorted(there) if name in merged]
    PAGE.write_text(f"{before}{BEGIN}{HEAD}{''.join(kept)}{END}{after}")


def _parts() -> tuple[str, str, str]:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after
