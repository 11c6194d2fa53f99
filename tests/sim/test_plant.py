"""Planted bugs: each fits the code and stands in the documentation; some are looked for, others with each commit.

`python -m tests.sim.plant` looks for all.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.sim.plant import DEATHS, ROOT, Bug, bugs, look_for
from tests.sim.plant_table import rows

BUGS = {each.name: each for each in bugs([])}
ALWAYS = ("released_before_removed", "trust_goes_back", "running_taken_for_changed", "journal_without_fsync")
MORE = 2

every_bug = pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)


def share() -> list[str]:
    """The same few always, and a few that move on with each commit. Seeds take too long for every test run."""
    others = [name for name, bug in BUGS.items() if bug.finder != "seeds" and name not in ALWAYS]
    head = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    first = int(head.stdout or 0) * MORE
    return [*ALWAYS, *(others[(first + number) % len(others)] for number in range(MORE))]


@every_bug
def test_a_planted_bug_fits_the_code_as_it_is(bug: Bug) -> None:
    done = subprocess.run(["git", "apply", "--check", "-C1", str(bug.patch)], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""


@every_bug
def test_a_planted_bug_is_one_changed_line(bug: Bug) -> None:
    removed, added = (re.findall(rf"^[{sign}](?![{sign}]{{2}} )", bug.patch.read_text(), re.MULTILINE) for sign in "-+")
    assert max(len(removed), len(added)) == 1


@every_bug
def test_a_planted_bug_stands_in_the_table_with_what_gave_it_away(bug: Bug) -> None:
    row = rows()[bug.name]
    assert row.broken == bug.broken
    if bug.test:
        assert row.found == f"`{bug.finder}`"
    elif bug.finder.startswith(DEATHS):
        assert re.match(r"the reference run: |\S+ dies (before|after) ", row.found)
    else:
        assert bug.finder == "seeds"
        assert 1 <= int(re.findall(r"^seed (\d+): ", row.found)[0]) <= 1000


def test_the_table_names_no_bug_that_is_not_planted_any_more() -> None:
    assert list(rows()) == sorted(BUGS)
    assert len(BUGS) >= 25


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", share())
def test_a_planted_bug_is_found(name: str) -> None:
    found = look_for(BUGS[name])
    assert found.violation, f"again: python -m tests.sim.plant {name}"
