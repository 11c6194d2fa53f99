"""The table of planted bugs in the documentation: `python -m tests.sim.plant --write` puts in what it found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- planted bugs -->\n", "<!-- end of planted bugs -->\n"
HEAD = "| Planted bug | What is broken | What gave it away | Random storms |\n|---|---|---|---|\n"


@dataclass(frozen=True)
class Row:
    """One planted bug as readers see it; `storms` says by which seed it is found too, when that was tried."""

    name: str
    broken: str
    found: str = ""
    storms: str = ""

    def __str__(self) -> str:
        return f"| `{self.name}` | {self.broken} | {self.found} | {self.storms} |\n"


def rows() -> dict[str, Row]:
    """What the page says."""
    listed = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.*?) ?\|$", _parts()[1], re.MULTILINE)
    return {each[0]: Row(*each) for each in listed}


def write(found: Iterable[Row], there: Iterable[str]) -> None:
    """Takes over what these rows say, and drops those of bugs that are not there any more."""
    before, _, after = _parts()
    held = rows()
    for each in found:
        old = held.get(each.name, each)
        held[each.name] = replace(each, found=each.found or old.found, storms=each.storms or old.storms)
    kept = [str(held[name]) for name in sorted(there) if name in held]
    PAGE.write_text(f"{before}{BEGIN}{HEAD}{''.join(kept)}{END}{after}")


def _parts() -> tuple[str, str, str]:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after
