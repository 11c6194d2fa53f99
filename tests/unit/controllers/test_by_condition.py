"""Objects are counted by what their conditions say, in as many series as the kind documents."""

from __future__ import annotations

from typing import Any

from controllers.by_condition import ByCondition, show
from controllers.loop.cache import Cache
from controllers.loop.measures import Measures
from controllers.loop.objects import Object, resource_of
from crds.node import NODE
from tests.unit.controllers.loop.test_measures import series

NODES = resource_of(NODE)


def node(name: str, version: int, *conditions: tuple[str, str, str]) -> Object:
    said = [{"type": kind, "status": status, "reason": reason} for kind, status, reason in conditions]
    metadata: dict[str, Any] = {"name": name, "uid": name, "resourceVersion": str(version)}
    return Object(NODES, {"metadata": metadata, "spec": {}, "status": {"conditions": said}})


def counted(*seen: Object) -> dict[tuple[str, ...], float]:
    tally, measures = ByCondition(NODE), Measures()
    cache = Cache(NODES, tallies=[tally.count])
    for each in seen:
        cache.put(each)
    show(measures, [tally])
    return {
        (labels["condition"], labels["status"], labels["reason"]): number
        for (name, pairs), number in series(measures).items()
        if name == "hardpan_objects"
        for labels in [dict(pairs)]
    }


def test_an_object_is_counted_as_it_is_now() -> None:
    found = counted(
        node("a", 1, ("Ready", "True", "Reporting")),
        node("b", 2, ("Ready", "True", "Reporting")),
        node("b", 3, ("Ready", "False", "Lost")),
    )
    assert found == {("Ready", "True", "Reporting"): 1, ("Ready", "False", "Lost"): 1}


def test_what_nobody_has_spoken_of_yet_is_unknown() -> None:
    assert counted(node("a", 1)) == {("Ready", "Unknown", ""): 1}


def test_words_that_the_kind_does_not_document_make_no_series() -> None:
    strangers = [node(str(n), n + 1, ("Ready", f"S{n}", f"R{n}"), (f"T{n}", "True", "Reporting")) for n in range(9)]
    assert counted(*strangers) == {("Ready", "Unknown", "Other"): 9}
