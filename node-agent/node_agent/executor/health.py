"""What is wrong with the node itself, as its report tells: one finding a part, gone as soon as it is mended."""

from __future__ import annotations

import logging
import threading

from trust.report import Finding

log = logging.getLogger(__name__)


class Health:
    """Findings by part, kept in memory: whoever looks finds them again after a restart."""

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}
        self._lock = threading.Lock()

    def found(self, part: str, reason: str, message: str) -> None:
        """Something is wrong with a part of the node."""
        finding = Finding(reason=reason, message=message[:LONGEST])
        with self._lock:
            known, self._found[part] = self._found.get(part), finding
        if known != finding:
            log.warning("%s: %s", reason, message)

    def clear(self, part: str) -> None:
        """Nothing is wrong with it, or no more."""
        with self._lock:
            known = self._found.pop(part, None)
        if known is not None:
            log.warning("%s: mended", known.reason)

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong now, in a fixed order."""
        with self._lock:
            return tuple(finding for _, finding in sorted(self._found.items()))


LONGEST = 256
