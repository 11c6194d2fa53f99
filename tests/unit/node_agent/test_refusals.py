"""What the node refused, as a metric; and its log, in which no stranger draws."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from node_agent.executor.refusals import Refusals
from node_agent.logs import Lines


def test_refusals_are_counted_by_what_they_were_and_why(tmp_path: Path) -> None:
    file = tmp_path / "refused.prom"
    refusals = Refusals(file)
    refusals.publish()
    assert not file.exists(), "nothing was refused"
    for what, reason in (("job", "NotSigned"), ("job", "NotSigned"), ("offer-trust", "TrustRollback")):
        refusals.count(what, reason)
    refusals.publish()
    assert file.read_text().splitlines() == [
        "# HELP hardpan_refused_total What was refused, by what it was and why.",
        "# TYPE hardpan_refused_total counter",
        'hardpan_refused_total{what="job",reason="NotSigned"} 2',
        'hardpan_refused_total{what="offer-trust",reason="TrustRollback"} 1',
    ]


def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "refused.prom"
    refusals = Refusals(file)
    refusals.count("job", "Expired")
    refusals.publish()
    file.unlink()
    refusals.publish()
    assert not file.exists()


def test_a_traceback_keeps_its_lines_and_a_message_is_one() -> None:
    try:
        raise ValueError("\x1b[2J\nforged")
    except ValueError:
        record = logging.LogRecord("node", logging.ERROR, "x.py", 1, "job %s", ("a\nb",), sys.exc_info())
    lines = Lines().format(record).split("\n")
    assert lines[0] == "ERROR node job a\\nb"
    assert lines[1] == "  Traceback (most recent call last):"
    assert all(line.isprintable() for line in lines)
    assert all(line.startswith("  ") for line in lines[1:]), "what a stranger wrote looks like no line of ours"
