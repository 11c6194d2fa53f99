"""A node tells what it did under the numbers that the control plane uses too, taken from what users signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobs.trace import Span, trace_of
from node_agent.agent.control import DirectExecutor
from node_agent.agent.tracing import traced
from node_agent.messages import REPLY, Ran, Reply, Request, Run
from tests.unit.node_agent.node import Node


def run(node: Node, spans: list[Span], job: str = "job-1", *steps: Any) -> None:
    envelope = node.web.ensure(job, *(steps or (("volume", "data-0", 1, 1),)))
    node.runner.run(job, 1, envelope, node.web.documents(), spans.append)


def test_the_attempt_and_its_steps_are_told_below_the_supervisor_s_job(tmp_path: Path) -> None:
    node, spans = Node(tmp_path), list[Span]()
    run(node, spans)
    [step, whole] = spans
    trace = trace_of(node.cluster.tenant, "a", "web", 1)
    assert {each.trace for each in spans} == {trace.id}
    assert (whole.name, whole.parent) == ("run", trace.span("job", "job-1"))
    assert (step.name, step.parent, step.good) == ("volume.ensure", whole.id, True)


def test_a_step_that_fails_is_told_as_bad(tmp_path: Path) -> None:
    node, spans = Node(tmp_path), list[Span]()
    run(node, spans, "job-1", ("machine", "web-0", 1, 1), ("volume", "data-0", 1, 1))
    assert [(each.name, each.good) for each in spans if each.name != "run"] == [("machine.ensure", False)]


def test_what_nobody_signed_makes_no_span(tmp_path: Path) -> None:
    node, spans = Node(tmp_path), list[Span]()
    node.web.signer = "mallory"
    run(node, spans)
    assert spans == []


def test_the_agent_passes_on_what_the_executor_tells_and_asks_for_it() -> None:
    asked, told = list[Request](), list[Span]()
    made = Span("a" * 32, "b" * 16, "run", 1.0, 2.0, attributes={"node": "n-a"})

    def respond(request: Request) -> Reply:
        asked.append(request)
        return REPLY.validate_json(Ran(receipt=b"receipt", spans=(made,)).model_dump_json())

    executor = traced(DirectExecutor(respond), told.append)
    executor.call(Run(job="job-1", attempt=1, envelope=b"", documents={}))
    assert told == [made]
    assert [each.traced for each in asked if isinstance(each, Run)] == [True]
