"""Every line of the log says what it is about, and nobody's line is about another's work."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

from controllers.loop.controller import Controller, Done, Outcome
from controllers.loop.logs import JsonLine, TextLine
from controllers.loop.metrics import Metrics
from controllers.loop.objects import ObjectKey
from controllers.loop.runner import Runner
from jobs.about import About, about, fields_of
from node_agent.logs import Lines

log = logging.getLogger("hardpan.test")


class Heard(logging.Handler):
    """Keeps the records that pass."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.addFilter(About())

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        self.records.append(record)

    @property
    def fields(self) -> list[dict[str, str]]:
        """What each record is about."""
        return [fields_of(record) for record in self.records]


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler = Heard()
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


def test_a_line_is_about_all_that_was_said_around_it(heard: Heard) -> None:
    with about(deployment="demo/web", node="n-a"):
        with about(job="j-1"):
            log.warning("inside")
        log.warning("after")
    log.warning("outside")
    around = {"deployment": "demo/web", "node": "n-a"}
    assert heard.fields == [{**around, "job": "j-1"}, around, {}]


def test_an_error_ends_it_too(heard: Heard) -> None:
    with pytest.raises(ValueError), about(node="n-a"):
        raise ValueError
    log.warning("outside")
    assert heard.fields == [{}]


def test_a_line_that_says_itself_what_it_is_about_keeps_that(heard: Heard) -> None:
    with about(node="n-a"):
        log.warning("of another", extra={"node": "n-b"})
    assert heard.fields == [{"node": "n-b"}]


async def test_workers_side_by_side_do_not_mix(heard: Heard) -> None:
    async def work(name: str) -> None:
        with about(deployment=name):
            for _ in range(3):
                await asyncio.sleep(0)
                log.warning("%s", name)

    await asyncio.gather(*(work(name) for name in "abc"))
    assert [each["deployment"] for each in heard.fields] == [each.getMessage() for each in heard.records]


def test_both_forms_and_the_nodes_show_it(heard: Heard) -> None:
    with about(deployment="demo/web", job="j-1", node="n-a"):
        log.warning("answered", extra={"controller": "supervisor", "object": "demo/web"})
    [record] = heard.records
    told = json.loads(JsonLine().format(record))
    assert (told["deployment"], told["job"], told["node"]) == ("demo/web", "j-1", "n-a")
    assert TextLine().format(record).endswith("supervisor demo/web: answered (node n-a, job j-1)")
    assert Lines().format(record).endswith("answered (deployment demo/web, node n-a, job j-1)")


def test_a_stranger_s_id_drives_no_terminal(heard: Heard) -> None:
    with about(job="\x1b[2J\nforged"):
        log.warning("answered")
    [record] = heard.records
    assert all("\x1b" not in form.format(record) for form in (TextLine(), Lines(), JsonLine()))
    assert all("\n" not in form.format(record) for form in (TextLine(), Lines(), JsonLine()))


async def test_what_a_reconcile_logs_names_the_object_of_its_key(heard: Heard) -> None:
    async def reconcile(_: ObjectKey) -> Outcome:
        log.warning("at work")
        return Done()

    controller = Controller("supervisor", (), reconcile, of="deployment")
    runner = asyncio.create_task(Runner([controller], Metrics()).run())
    controller.wake(ObjectKey("demo", "web"))
    await asyncio.sleep(0.05)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    assert heard.fields == [{"deployment": "demo/web"}]
