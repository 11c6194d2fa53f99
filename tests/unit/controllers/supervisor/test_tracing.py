"""The supervisor tells of each revision that it accepted, and of each job, below the apply that admission saw."""

from __future__ import annotations

from dataclasses import replace

from controllers.supervisor.tracing import Traces
from jobs.trace import Span, trace_of
from tests.unit.controllers.supervisor.world import World
from tests.unit.trust import world as trusted


async def traced() -> tuple[World, list[Span]]:
    """A world that tells of spans."""
    world, spans = await World().begin(), list[Span]()
    traces = Traces(spans.append, world.caches.marks, world.now)
    world.reconciler.accepted = traces.accepted
    world.reconciler.intake = replace(world.reconciler.intake, answered=traces.answered)
    return world, spans


async def test_a_revision_and_its_job_are_one_trace() -> None:
    world, spans = await traced()
    await world.deploy("web")
    trace = trace_of(trusted.TENANT, "a", "web", 1)
    [accept, job] = spans
    assert {each.trace for each in spans} == {trace.id}
    assert (accept.name, accept.parent) == ("accept", trace.span("apply"))
    assert (job.name, job.parent, job.good) == ("job", trace.span("accept"), True)
    assert job.attributes["node"] == world.nodes[0].id


async def test_the_next_revision_is_another_trace() -> None:
    world, spans = await traced()
    await world.deploy("web")
    await world.deploy("web", revision=2, memory="512Mi")
    assert len({each.trace for each in spans}) == 2
    assert [each.name for each in spans] == ["accept", "job", "accept", "job"]


async def test_nothing_is_told_while_nothing_changes() -> None:
    world, spans = await traced()
    await world.deploy("web")
    spans.clear()
    await world.after(600, step=7)
    assert spans == []
