"""What can go wrong on a node, named by what the caller can do about it. Each message is one line with the remedy."""

from __future__ import annotations


class NodeError(Exception):
    """Root of what this package raises; `reason` is a stable CamelCase word for console, status and receipts."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class TryAgain(NodeError):
    """Something outside is not ready (no network, no Redis, a busy device): the same call may succeed later."""


class NeedsOperator(NodeError):
    """A person has to change something (wrong disk, foreign medium, wrong clock) before a retry can help."""


class Refused(NodeError):
    """The other side, or a check of ours, said no to this very request; repeating it changes nothing."""


class StepFailed(NodeError):
    """A step did not reach the state that it ensures, and trying it again at once does not help."""
