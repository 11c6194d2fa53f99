"""Removal's two ends: nothing starts again what is being removed, and nothing old brings back what was."""

from __future__ import annotations

from node_agent.executor.marks import Mark
from node_agent.executor.work import Tools, Work

KEPT_SECONDS = 7 * 86_400


def begin(work: Work, tools: Tools) -> None:
    """Marks the resource, before anything of it is taken away."""
    resource = tools.resources.get(work.key)
    if resource is not None:
        tools.resources.put(resource.model_copy(update={"removing": True}))


def end(work: Work, tools: Tools) -> None:
    """Forgets the resource and its fence; of later jobs only those signed after this removal count.

    The name may come back as a new object, whose epoch and generation begin anew.
    """
    with tools.store.transaction():
        tools.resources.drop(work.key)
        tools.marks.forget("fence", fence_subject(work))
        tools.marks.raise_to("removed", fence_subject(work), Mark(work.issued))
        tools.marks.forget_below("removed", work.issued - KEPT_SECONDS)


def fence_subject(work: Work) -> str:
    """How marks name a resource: with its deployment, as the gate does."""
    return f"{work.key.namespace}/{work.deployment}/{work.key.kind}/{work.key.name}"
