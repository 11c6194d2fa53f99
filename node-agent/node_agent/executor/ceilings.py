"""The last look at a plan before the node acts: well formed in every item, and within what its tenant may use."""

from __future__ import annotations

from collections.abc import Mapping

from plans.ceilings import require_within
from plans.errors import BadPlan
from plans.model import parse_plan
from trust.errors import Code, Refusal
from trust.gate import Admitted


def require(admitted: Admitted, documents: Mapping[str, bytes]) -> None:
    """Refusal(OverCeilings or BadEncoding) for plan work; `documents` are those whose digests the gate compared."""
    if admitted.deployment is None or admitted.job.plan is None:
        return
    try:
        plan = parse_plan(documents[admitted.job.plan])
    except BadPlan as error:
        raise Refusal(Code.BAD_ENCODING, str(error)) from None
    namespace = admitted.deployment.namespace
    require_within(plan, admitted.view.tenant_of(namespace), namespace, admitted.view.version)
