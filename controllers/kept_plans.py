"""The plans of what was evaluated: the last as values, and many more as text, which is quicker read than made again."""

from __future__ import annotations

from collections import OrderedDict

from plans.model import Plan, parse_plan

VALUES = 512
BYTES = 16 << 20
"""Of text. A plan of one machine has some 340 bytes, and ten times as much as a value."""


class KeptPlans:
    """Plans by the digest of the body that they are a constant of; what was not asked for longest goes first."""

    def __init__(self, values: int = VALUES, most: int = BYTES) -> None:
        self._values: OrderedDict[str, Plan] = OrderedDict()
        self._texts: OrderedDict[str, bytes] = OrderedDict()
        self._most_values, self._most_bytes = values, most
        self._bytes = 0

    def get(self, digest: str) -> Plan | None:
        """The plan, if it is kept."""
        text = self._texts.get(digest)
        if text is None:
            return None
        self._texts.move_to_end(digest)
        return self._hold(digest, self._values.get(digest) or parse_plan(text))

    def put(self, digest: str, plan: Plan) -> None:
        """Keeps a plan."""
        self._bytes += len(plan.to_bytes()) - len(self._texts.pop(digest, b""))
        self._texts[digest] = plan.to_bytes()
        self._hold(digest, plan)
        while self._bytes > self._most_bytes:
            oldest, text = self._texts.popitem(last=False)
            self._values.pop(oldest, None)
            self._bytes -= len(text)

    def _hold(self, digest: str, plan: Plan) -> Plan:
        self._values[digest] = plan
        self._values.move_to_end(digest)
        if len(self._values) > self._most_values:
            self._values.popitem(last=False)
        return plan
