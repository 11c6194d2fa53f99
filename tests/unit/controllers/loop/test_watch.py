"""Of what kopf would keep for each object it keeps nothing."""

from __future__ import annotations

from controllers.loop.watch import Forgetful


async def test_kopf_remembers_no_object() -> None:
    memories = Forgetful()
    first = await memories.recall({"metadata": {"uid": "a"}}, noticed_by_listing=True)
    assert first.noticed_by_listing
    assert await memories.recall({"metadata": {"uid": "a"}}) is not first
    assert not [*memories.iter_all_memories()]
