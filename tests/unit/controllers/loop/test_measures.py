"""What a process tells Prometheus."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import pytest
from prometheus_client.parser import text_string_to_metric_families

from controllers.loop.cache import Cache
from controllers.loop.controller import Controller, Done, Outcome, Watch
from controllers.loop.measures import Measures
from controllers.loop.metrics import Metrics
from controllers.loop.objects import ObjectKey
from tests.unit.controllers.loop.kube_contract import WIDGET


def series(measures: Measures) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels."""
    families = text_string_to_metric_families(measures.text().decode())
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def test_what_is_no_longer_observed_is_no_longer_told() -> None:
    measures, seen = Measures(), {"a": 1.0}
    measures.observed("sheep", "Sheep", lambda: [((name,), number) for name, number in seen.items()], flock="a name")
    assert series(measures)["sheep", (("flock", "a"),)] == 1
    seen.clear()
    assert ("sheep", (("flock", "a"),)) not in series(measures)


def test_nothing_is_observed_before_somebody_asks() -> None:
    def observe() -> list[tuple[tuple[str, ...], float]]:
        raise AssertionError("asked too early")

    Measures().observed("sheep", "Sheep", observe)


def test_a_name_is_taken_once() -> None:
    measures = Measures()
    measures.counter("sheep", "Sheep")
    with pytest.raises(ValueError, match="sheep"):
        measures.observed("sheep_total", "Sheep", list)


def test_the_memory_of_the_process_is_told() -> None:
    assert series(Measures())["process_resident_memory_bytes", ()] > 1_000_000


async def nothing(_: ObjectKey) -> Outcome:
    return Done()


def test_a_process_tells_of_which_release_it_is() -> None:
    assert series(Metrics("coord"))["hardpan_build_info", (("role", "coord"), ("version", version("hardpan")))] == 1


async def test_a_look_tells_what_works_waits_and_keeps_silent() -> None:
    metrics = Metrics("coord")
    controller = Controller("coord", [Watch(Cache(WIDGET))], nothing)
    controller.wake(ObjectKey("", "a"))
    await asyncio.sleep(0.01)
    metrics.look(True, [controller], {WIDGET: True})
    told = series(metrics)
    assert told["hardpan_working", (("role", "coord"),)] == 1
    assert told["hardpan_queue_depth", (("controller", "coord"),)] == 1
    assert told["hardpan_queue_oldest_seconds", (("controller", "coord"),)] > 0
    assert told["hardpan_watch_silent", (("resource", str(WIDGET)),)] == 1
    metrics.look(False, [controller], {WIDGET: False})
    told = series(metrics)
    assert told["hardpan_working", (("role", "coord"),)] == 0
    assert told["hardpan_watch_silent", (("resource", str(WIDGET)),)] == 0
