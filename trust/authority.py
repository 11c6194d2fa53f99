"""The closed table: which verb needs whose word. A verb that is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from trust.errors import Code, Refusal


class Authority(Enum):
    """Who must have agreed."""

    SIGNED_PLAN = "a plan that users signed; the arguments are the plan's item"
    NOT_IN_PLAN = "the newest signed revision seen lacks it, or the control plane removes it under RBAC"


AUTHORITIES: Mapping[tuple[str, str], Authority] = {
    ("machine", "ensure"): Authority.SIGNED_PLAN,
    ("machine", "absent"): Authority.NOT_IN_PLAN,
    ("volume", "ensure"): Authority.SIGNED_PLAN,
    ("volume", "absent"): Authority.NOT_IN_PLAN,
}


def authority_of(kind: str, verb: str) -> Authority:
    """Whose word the verb needs, or Refusal(VerbNotAllowed)."""
    found = AUTHORITIES.get((kind, verb))
    if found is None:
        raise Refusal(Code.VERB_NOT_ALLOWED, f"{kind}.{verb} is no verb that a job may order")
    return found
