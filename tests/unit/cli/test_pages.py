"""Long lists come page by page, and each page soon."""

from __future__ import annotations

import json

import pytest

from cli.errors import CliError
from cli.kubectl import Kubectl
from cli.pages import PAGE, all_of
from sal.testing import FakeRunner

FIRST = f"kubectl get --raw /apis/hardpan.dev/v1alpha1/nodes?limit={PAGE}"


def page(names: str, more: str = "") -> bytes:
    """An answer with these objects; `more` is where the next page begins."""
    items = [{"kind": "Node", "metadata": {"name": each}} for each in names]
    return json.dumps({"kind": "NodeList", "items": items, "metadata": {"continue": more}}).encode()


def names(runner: FakeRunner) -> str:
    """All that was listed."""
    return "".join(each["metadata"]["name"] for each in all_of(Kubectl(runner, None), "nodes", 5.0))


def test_a_list_goes_on_where_its_last_page_ended() -> None:
    runner = FakeRunner().on(FIRST.replace("?", "[?]"), page("ab", more="x+/=&"))
    runner.on("*&continue=x%2B%2F%3D%26", page("c"))
    assert names(runner) == "abc"
    assert [each.timeout_seconds for each in runner.commands] == [5.0, 5.0]


def test_a_list_of_which_a_page_fails_is_no_list() -> None:
    runner = (
        FakeRunner().on("*continue*", code=1, stderr=b"Error from server (Expired): too old").on("*", page("a", "x"))
    )
    with pytest.raises(CliError):
        names(runner)


@pytest.mark.parametrize("answer", [b"<html>", b"{}", b"7", b"[" * 100_000, b'{"items": 7, "metadata": {}}'])
def test_an_answer_that_is_no_list_is_told(answer: bytes) -> None:
    with pytest.raises(CliError, match="did not answer with a list"):
        names(FakeRunner().on("*", answer))
