"""The supervisor's log of a deployment's life: each line has the ids by which one finds what the node says of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from controllers.supervisor.caches import JOBS
from tests.unit.controllers.supervisor.world import World
from tests.unit.jobs.test_about import Heard


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, logger = Heard(), logging.getLogger("controllers")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.setLevel(before)
    logger.removeHandler(handler)


async def test_orders_and_answers_carry_job_and_node(heard: Heard) -> None:
    world = await World().begin()
    await world.deploy("web")
    [name] = world.names(JOBS)
    job = world.find(JOBS, name)
    assert job is not None
    by_words = {record.getMessage(): fields for record, fields in zip(heard.records, heard.fields, strict=True)}
    made = next(fields for words, fields in by_words.items() if words.startswith("job "))
    answered = by_words["answered: Succeeded"]
    assert made["job"] == answered["job"] == job.uid
    assert made["node"] == answered["node"] == job.spec["node"]
    assert by_words["done: Create"]["machine"] == "web-0"


async def test_a_settled_deployment_says_nothing_more(heard: Heard) -> None:
    world = await World().begin()
    await world.deploy("web")
    heard.records.clear()
    await world.after(600, step=7)
    assert heard.records == []
