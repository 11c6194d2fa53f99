"""The node's decisions, case by case: tests/cases/node_agent.*."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from node_agent.executor.host import MachineFacts, Power
from node_agent.executor.keeping import keep
from node_agent.executor.machine import Act, Situation, plan
from node_agent.executor.resources import Observation, Resource
from tests.unit.node_agent.build import goal, machine

CASES = Path(__file__).parents[2] / "cases"
NOW = "2026-11-24T12:00:00Z"


def cases(function: str) -> list[Any]:
    """The cases of a function, each named by its file."""
    files = sorted((CASES / f"node_agent.{function}").glob("*.json"))
    return [pytest.param(json.loads(file.read_text()), id=file.stem) for file in files]


@pytest.mark.parametrize("case", cases("machine.plan"))
def test_a_machine_s_plan(case: dict[str, Any]) -> None:
    wanted = goal(machine())
    names = {"goal": wanted.root, "old": "old"}
    facts = case["facts"]
    now = MachineFacts(
        power=Power(facts["power"]),
        folder=facts["folder"],
        roots=frozenset(names[each] for each in facts["roots"]),
        seeds=frozenset({"goal": wanted.seed_name}.get(each, each) for each in facts["seeds"]),
        launch={"goal": wanted.launch}.get(facts["launch"], facts["launch"]),
        port=facts["port"],
        attached=facts.get("attached", True),
    )
    acts = plan(wanted, Situation(now, case["image"], case["adopted"], case["wanted"]))
    assert [act.value for act in acts] == case["acts"]


@pytest.mark.parametrize("case", cases("keeper.keep"))
def test_what_the_keeper_decides(case: dict[str, Any]) -> None:
    observation = Observation.model_validate({"since": NOW, **case["seen"]})
    resource = Resource(assignment=machine(restart=case["policy"]), observation=observation, removing=case["removing"])
    verdict = keep(resource, Power(case["power"]), NOW, case["elapsed"])
    after = verdict.resource.observation.model_dump()
    assert {name: after[name] for name in case["after"]} == case["after"]
    assert verdict.start == case["start"]


def test_every_act_occurs_in_a_case() -> None:
    named = {act for param in cases("machine.plan") for act in param.values[0]["acts"]}
    assert named == {act.value for act in Act}
