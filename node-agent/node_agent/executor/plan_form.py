"""The last look at a plan: a signature says who wanted it, not that every item is one that verbs can read."""

from __future__ import annotations

from collections.abc import Mapping

from plans.errors import BadPlan
from plans.model import parse_plan
from trust.errors import Code, Refusal
from trust.gate import Admitted


def require(admitted: Admitted, documents: Mapping[str, bytes]) -> None:
    """Refusal(BadEncoding) unless each item is within its model; the gate compared the documents' digests before."""
    if admitted.job.plan is None:
        return
    try:
        parse_plan(documents[admitted.job.plan])
    except BadPlan as error:
        raise Refusal(Code.BAD_ENCODING, str(error)) from None
