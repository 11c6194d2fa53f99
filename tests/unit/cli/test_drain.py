"""`hardpan node drain`, `remove` and `uncordon`: what leaves is shown as it goes, and what stays is named with why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cli.commands import drain
from tests.unit.cli.conftest import Terminal

NODE, OTHER = "n-" + "a" * 26, "n-" + "b" * 26
WHY = "its volume data-0 is there, and volumes do not move: sign a revision without it"
Step = Callable[[], None]


def condition(type: str, status: str, reason: str, message: str = "") -> dict[str, str]:
    return {"type": type, "status": status, "reason": reason, "message": message, "lastTransitionTime": ""}


def node(site: Terminal, *conditions: dict[str, str], **spec: Any) -> dict[str, Any]:
    """The node, as the API server has it."""
    made = {"kind": "Node", "metadata": {"name": NODE}, "spec": spec, "status": {"conditions": list(conditions)}}
    site.tools.put("nodes", made)
    return made


def placed(site: Terminal, kind: str, name: str, on: str = NODE, why: str = "") -> dict[str, Any]:
    """A machine or volume; `why` it stays."""
    said = condition("Placed", "True", "Stays", f"{NODE} is drained, and it stays there: {why}") if why else None
    status = {"conditions": [said]} if said else {}
    made = {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": {"node": on}, "status": status}
    site.tools.put(f"{kind.lower()}s", made)
    return made


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """What happens while a command waits, one thing each time; time passes with each."""
    todo: list[Step] = []
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += 2.0
        assert clock[0] < 1000, "waited for ever"
        if todo:
            todo.pop(0)()

    for module in ("cli.commands.drain", "cli.commands.removal"):
        monkeypatch.setattr(f"{module}.time.sleep", sleep)
        monkeypatch.setattr(f"{module}.time.monotonic", lambda: clock[0])
    return todo


def test_a_drain_shows_what_leaves_and_ends_when_nothing_is_there(shop: Terminal, steps: list[Step]) -> None:
    found = node(shop)
    machines = [placed(shop, "Machine", f"web-{number}") for number in range(2)]
    steps += [lambda each=each: each["spec"].update(node=OTHER) for each in machines]  # type: ignore[misc]
    done = shop("node", "drain", NODE)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f"{NODE} is cordoned, and what may move leaves it",
        f"  - machine shop/web-0 has left for {OTHER}",
        f"  - machine shop/web-1 has left for {OTHER}",
        f"{NODE} is drained: nothing is on it",
        f"Next: kubectl hardpan node uncordon {NODE}    when machines may go there again",
    ]
    assert found["spec"] == {"cordoned": True, "draining": True}


def test_what_cannot_move_is_named_with_the_remedy_and_how_to_undo(shop: Terminal, steps: list[Step]) -> None:
    node(shop)
    machine = placed(shop, "Machine", "web-0")
    placed(shop, "Volume", "data-0")
    steps.append(lambda: machine.update(placed(shop, "Machine", "web-0", why=WHY)))
    done = shop("node", "drain", NODE)
    assert done.code == 1
    assert f"  ! machine shop/web-0 stays: {WHY}" in done.out
    assert f"{NODE} is not empty: 1 machine to stay; volumes shop/data-0 stay, for volumes do not move." in done.err
    assert f"kubectl hardpan node uncordon {NODE} undoes the drain" in done.err


def test_a_drain_that_takes_too_long_goes_on_by_itself(shop: Terminal, steps: list[Step]) -> None:
    node(shop)
    placed(shop, "Machine", "web-0")
    done = shop("node", "drain", NODE, "--timeout", "10")
    assert done.code == 1
    assert f"{NODE} is not empty after 10 s: 1 machine to leave. It goes on by itself; ask again" in done.err


def test_a_supervisor_has_a_moment_to_say_what_stays(shop: Terminal, steps: list[Step]) -> None:
    node(shop)
    placed(shop, "Volume", "data-0")
    done = shop("node", "drain", NODE)
    assert "volumes shop/data-0 stay" in done.err
    assert drain.SETTLE_SECONDS > 0


def test_a_removal_waits_for_the_ledgers_word(shop: Terminal, steps: list[Step]) -> None:
    found = node(shop, condition("Draining", "True", "Draining", "still there: machine a/web-0"))
    gone = condition("Approved", "False", "NodeRemoved")
    steps += [lambda: None, lambda: found["status"].update(conditions=[gone])]
    done = shop("node", "remove", NODE)
    assert done.code == 0, done.err
    assert found["spec"] == {"removal": "Graceful"}
    assert "waiting for its own word. still there: machine a/web-0" in done.err
    assert f"{NODE} is out of service: nothing is on it, and nobody believes it any more" in done.out


def test_a_removal_that_something_holds_up_stays_ordered_and_says_how_to_take_it_back(
    shop: Terminal, steps: list[Step]
) -> None:
    found = node(shop)
    placed(shop, "Machine", "web-0", why=WHY)
    done = shop("node", "remove", NODE)
    assert done.code == 1
    assert f"{NODE} is not removed yet: 1 machine to stay." in done.err
    assert f"kubectl hardpan node uncordon {NODE} takes the order back" in done.err
    assert found["spec"] == {"removal": "Graceful"}


def test_a_fence_is_refused_with_what_proves_that_machines_stopped(shop: Terminal) -> None:
    found = node(shop)
    done = shop("node", "remove", NODE, "--fence")
    assert done.code == 2
    assert "no time that passes proves that it stopped" in done.err
    assert "--forget" in done.err
    assert found["spec"] == {}


def test_giving_up_a_node_says_what_it_leaves_behind(shop: Terminal) -> None:
    found = node(shop, condition("Ready", "Unknown", "Lost"))
    placed(shop, "Machine", "web-0")
    placed(shop, "Volume", "data-0")
    assert "volumes shop/data-0 are given up; say --yes" in shop("node", "remove", NODE, "--forget").err
    assert found["spec"] == {}
    done = shop("node", "remove", NODE, "--forget", "--yes")
    assert done.out.splitlines() == [
        f"{NODE} is forgotten, and with it the volumes shop/data-0",
        "Its machines shop/web-0 are not started elsewhere by themselves. If it is switched on again it",
        "runs them, and nobody sees it: wipe its disk first. To start one elsewhere:",
        "Next: kubectl delete machines.hardpan.dev web-0 -n shop",
    ]
    assert found["spec"] == {"removal": "Forget"}


def test_a_machine_that_runs_is_not_given_up(shop: Terminal) -> None:
    node(shop, condition("Ready", "True", "Reporting"))
    done = shop("node", "remove", NODE, "--forget", "--yes")
    assert "is Ready: switch the machine off first" in done.err


@pytest.mark.parametrize("spec", [{"cordoned": True, "draining": True}, {"removal": "Graceful"}])
def test_uncordoning_undoes_a_drain_and_a_removal_in_order(shop: Terminal, spec: dict[str, Any]) -> None:
    found = node(shop, **spec)
    done = shop("node", "uncordon", NODE)
    assert f"{NODE} is uncordoned: new machines may go there" in done.out
    assert not any(found["spec"].values())
    assert f"{NODE} is not cordoned already" in shop("node", "uncordon", NODE).out


def test_a_forgotten_node_is_not_taken_back(shop: Terminal) -> None:
    found = node(shop, removal="Forget")
    for words in (("uncordon",), ("remove",)):
        done = shop("node", *words, NODE)
        assert done.code == 1
        assert "was given up" in done.err
    assert found["spec"] == {"removal": "Forget"}
