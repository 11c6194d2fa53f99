"""A decision is counted, logged with its trace, and told as the span from which all others of the revision descend."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from controllers.admission.decided import Decided, telling
from controllers.admission.figures import Figures
from controllers.loop.measures import Measures
from controllers.loop.objects import ObjectKey
from jobs.about import About, fields_of
from jobs.trace import Span, trace_of
from tests.unit.trust import world as trusted

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ALLOWED = Decided(ObjectKey("a", "web"), "t-1", 3, "", trusted.NOW, trusted.NOW + timedelta(seconds=1), GIVEN)
REFUSED = Decided(ObjectKey("a", "web"), "t-1", 3, "NotSigned", trusted.NOW, trusted.NOW)
NO_TENANT = Decided(ObjectKey("a", "web"), "", 3, "RecordNotListed", trusted.NOW, trusted.NOW)


def told(*decisions: Decided) -> list[Span]:
    spans = list[Span]()
    for each in decisions:
        telling(Figures(Measures()), spans.append)(each)
    return spans


def test_it_is_the_first_span_of_the_revision_and_linked_to_who_applied_it() -> None:
    trace = trace_of("t-1", "a", "web", 3)
    [span] = told(ALLOWED)
    assert (span.trace, span.id, span.parent, span.good) == (trace.id, trace.span("apply"), "", True)
    assert (span.ended - span.began, span.link) == (1, GIVEN)


def test_a_refusal_is_told_as_bad_with_its_reason() -> None:
    [span] = told(REFUSED)
    assert (span.good, span.attributes["reason"]) == (False, "NotSigned")


def test_without_a_tenant_there_is_no_trace() -> None:
    assert told(NO_TENANT) == []


def test_the_log_names_deployment_and_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(About())
    with caplog.at_level(logging.INFO):
        told(ALLOWED)
    [record] = caplog.records
    assert fields_of(record) == {"deployment": "a/web", "trace": trace_of("t-1", "a", "web", 3).id}
