"""Whether a status needs to be written at all. Pure but for a bounded memory of what this process applied."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from controllers.loop.objects import Json, Object

MEMORY_LIMIT = 65_536


class AppliedStatuses:
    """What each manager of this process last applied to each object, as digests.

    A field that a manager leaves out is to vanish, and a status alone does not tell whose fields are: so a status that
    says more than is wanted counts as in sync only if exactly this was the last that we applied. Forgetting costs one
    idle call.
    """

    def __init__(self, limit: int = MEMORY_LIMIT) -> None:
        self._limit = limit
        self._digests: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def needs_write(self, target: Object, wanted: Json, manager: str) -> bool:
        """Whether applying would change the status or whose it is, as far as `target` shows."""
        if target.status == wanted:
            return False
        if not says(target.status, wanted):
            return True
        if says(wanted, target.status):
            return False
        return self._digests.get((target.uid, manager)) != _digest(wanted)

    def applied(self, target: Object, wanted: Json, manager: str) -> None:
        """Remembers an apply that the server took."""
        key = (target.uid, manager)
        self._digests[key] = _digest(wanted)
        self._digests.move_to_end(key)
        if len(self._digests) > self._limit:
            self._digests.popitem(last=False)


def says(held: Any, wanted: Any) -> bool:
    """Whether `held` has every field of `wanted` with its value; conditions are compared by their type."""
    if held == wanted:
        return True
    if isinstance(wanted, Mapping) and isinstance(held, Mapping):
        return all(name in held and _field_says(name, held[name], inner) for name, inner in wanted.items())
    return False


def _field_says(name: str, held: Any, wanted: Any) -> bool:
    if name != "conditions" or not isinstance(held, list) or not isinstance(wanted, list | tuple):
        return says(held, wanted)
    by_type = {each["type"]: each for each in held}
    return all(each["type"] in by_type and says(by_type[each["type"]], each) for each in wanted)


def _digest(value: Json) -> bytes:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=list).encode()).digest()[:16]
