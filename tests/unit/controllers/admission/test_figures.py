"""Admission counts what it decided, and not what it had nothing to decide on."""

from __future__ import annotations

from typing import Any

from controllers.admission.decided import telling
from controllers.admission.figures import Figures
from controllers.admission.review import Admission
from controllers.loop.cache import Cache
from controllers.loop.measures import Measures
from controllers.review import Reviewer
from jobs.trace import untold
from plans.evaluator import InProcess
from tests.unit.controllers.admission.test_admission import MARKS, edited, manifest
from tests.unit.controllers.loop.test_measures import series
from tests.unit.trust import world as trusted


async def told(*reviews: dict[str, Any]) -> dict[str, float]:
    measures, trust = Measures(), trusted.World(snapshot={"version": 41})
    figures = Figures(measures)
    heard = telling(figures, untold)
    admission = Admission(Reviewer(InProcess()), Cache(MARKS), trust.view, lambda: trusted.NOW, heard=heard)
    for each in reviews:
        await admission.answer(each)
    found = series(measures).items()
    return {dict(labels)["outcome"]: number for (name, labels), number in found if name.endswith("decisions_total")}


def review(new: dict[str, Any], **changes: Any) -> dict[str, Any]:
    metadata = new["metadata"]
    return {
        "operation": "CREATE", "namespace": metadata["namespace"], "name": metadata["name"], "object": new, **changes,
    }  # fmt: skip


async def test_each_decision_is_counted() -> None:
    good, bad = manifest(), edited(manifest(), script='log("mine");')
    assert await told(review(good), review(bad), review(bad)) == {"allowed": 1, "refused": 2}


async def test_what_concerns_no_signature_is_no_decision() -> None:
    made = manifest()
    assert await told(review(made, operation="UPDATE", oldObject=made)) == {"allowed": 0, "refused": 0}
