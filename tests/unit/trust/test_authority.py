"""The closed table of verbs: each verb of the node has its row, and nothing else is a verb."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.trust.refused import refused
from trust.authority import AUTHORITIES, Authority, authority_of
from trust.errors import Code

VERBS = Path(__file__).parents[3] / "node-agent" / "node_agent" / "executor" / "verbs"


def test_every_verb_of_the_node_has_a_row_and_every_row_a_verb() -> None:
    found = {tuple(file.stem.split("_", 1)) for file in VERBS.glob("[a-z]*.py")}
    assert found == set(AUTHORITIES)


@pytest.mark.parametrize("kind", ["machine", "volume"])
def test_what_starts_or_changes_needs_the_users_and_what_ends_does_not(kind: str) -> None:
    assert authority_of(kind, "ensure") is Authority.SIGNED_PLAN
    assert authority_of(kind, "absent") is Authority.NOT_IN_PLAN


@pytest.mark.parametrize(("kind", "verb"), [("machine", "exec"), ("node", "ensure"), ("", ""), ("Machine", "ensure")])
def test_an_unknown_verb_is_refused(kind: str, verb: str) -> None:
    with refused(Code.VERB_NOT_ALLOWED, f"{kind}.{verb} is no verb that a job may order"):
        authority_of(kind, verb)
