"""Removal's two ends: nothing starts again what is being removed, and nothing old brings back what was."""

from __future__ import annotations

from node_agent.executor.marks import Mark, subject
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
    names = (work.key.namespace, work.deployment, work.key.kind, work.key.name)
    removed = subject(work.tenant, *names)
    with tools.store.transaction():
        tools.resources.drop(work.key)
        for each in {removed, subject("", *names)}:
            tools.marks.forget("fence", each)
        tools.marks.raise_to("removed", removed, Mark(work.issued))
        tools.marks.forget_below("removed", work.issued - KEPT_SECONDS)
