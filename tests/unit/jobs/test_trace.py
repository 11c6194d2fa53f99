"""A trace's numbers are the same for all who know the revision, and in the form of W3C and OTLP."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from jobs.trace import TRACEPARENT, Span, teller, trace_of, untold
from jobs.tracing import MOST_WAITING, Exporter, request

TRACE = trace_of("t-1", "demo", "web", 7)
GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


SPAN = Span(TRACE.id, TRACE.span("job", "j"), "job", 1.5, 2.25)


def span(**changes: Any) -> Span:
    return replace(SPAN, **changes)


def told(made: Span) -> dict[str, object]:
    found: dict[str, object] = request("hardpan-test", [made])["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    return found


def test_everybody_finds_the_same_trace_and_no_other_revision_has_it() -> None:
    assert trace_of("t-1", "demo", "web", 7) == TRACE
    others = [("t-2", "demo", "web", 7), ("t-1", "dem", "oweb", 7), ("t-1", "demo", "web", 8), ("t-1", "demo", "we", 7)]
    assert len({TRACE.id, *(trace_of(*each).id for each in others)}) == 5


def test_hops_of_a_trace_differ() -> None:
    hops = [
        ("apply",),
        ("accept",),
        ("job", "a"),
        ("job", "b"),
        ("jo", "ba"),
        ("run", "a", "1"),
        ("run", "a", "1", "0"),
    ]
    assert len({TRACE.span(*each) for each in hops}) == len(hops)


def test_the_numbers_are_those_of_w3c() -> None:
    assert TRACEPARENT.fullmatch(f"00-{TRACE.id}-{TRACE.span('apply')}-01")
    assert TRACEPARENT.fullmatch(GIVEN)


@pytest.mark.parametrize(
    "bad", ["", "00-" + "0" * 32 + "-b7ad6b7169203331-01", GIVEN + "\n", GIVEN.upper(), GIVEN[:-3]]
)
def test_what_is_no_traceparent_makes_no_link(bad: str) -> None:
    assert "links" not in told(span(link=bad))


def test_a_span_in_otlp() -> None:
    made = told(span(parent=TRACE.span("accept"), good=False, attributes={"node": "n-a"}, link=GIVEN))
    assert made["traceId"] == TRACE.id
    assert (made["startTimeUnixNano"], made["endTimeUnixNano"]) == ("1500000000", "2250000000")
    assert made["parentSpanId"] == TRACE.span("accept")
    assert made["status"] == {"code": 2}
    assert made["attributes"] == [{"key": "node", "value": {"stringValue": "n-a"}}]
    assert made["links"] == [{"traceId": GIVEN[3:35], "spanId": GIVEN[36:52]}]


def test_a_clock_that_was_set_back_makes_no_span_of_negative_length() -> None:
    made = told(span(began=5.0, ended=4.0))
    assert made["startTimeUnixNano"] == made["endTimeUnixNano"]


def test_without_a_collector_nobody_is_told() -> None:
    assert teller("", "hardpan-test") is untold


def test_spans_that_come_together_go_together() -> None:
    sent, seen = list[dict[str, object]](), threading.Event()

    def post(url: str, body: bytes) -> None:
        assert url == "http://collector/v1/traces"
        sent.extend(json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"])
        seen.set()

    exporter = Exporter("http://collector/v1/traces", "hardpan-test", post)
    for number in range(3):
        exporter.tell(span(id=f"{number:016x}"))
    assert seen.wait(10)
    assert [each["spanId"] for each in sent] == [f"{number:016x}" for number in range(3)]


def test_a_collector_that_is_away_or_slow_holds_nobody_up() -> None:
    tries, go_on = threading.Semaphore(0), threading.Event()

    def post(url: str, body: bytes) -> None:
        tries.release()
        go_on.wait(10)
        raise OSError("connection refused")

    exporter = Exporter("http://collector", "hardpan-test", post)
    exporter.tell(span())
    assert tries.acquire(timeout=10)
    began = time.monotonic()
    for _ in range(MOST_WAITING + 10):
        exporter.tell(span())
    assert time.monotonic() - began < 8, "a process waited for its collector"
    go_on.set()
    assert tries.acquire(timeout=10)
