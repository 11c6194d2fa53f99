"""Errors of the loop, named by what the caller can do about them."""

from __future__ import annotations


class LoopError(Exception):
    """Root of everything that the loop raises on purpose."""


class KubeError(LoopError):
    """The API server did not do what was asked; the message names the object and carries the server's words."""


class Conflict(KubeError):
    """The object changed since it was read (409): look again and decide again."""


class AlreadyExists(Conflict):
    """An object of that name is there already: read it before deciding."""


class NotFound(KubeError):
    """The object is not there, or is gone (404, 410)."""


class Refused(KubeError):
    """The server will never take this wish as it is (400, 401, 403, 422, a field that another manager holds)."""


class Unavailable(KubeError):
    """The server cannot answer now (429, 5xx, no connection), after the adapter's own retries: try later."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MissingKind(LoopError):
    """The API server does not serve a kind that a controller watches: install the CRDs."""


class LeaseLost(LoopError):
    """Another process may be leading: stop at once and start anew."""


class WatchEnded(LoopError):
    """The watches ended although nobody asked them to: the process must end and start anew."""


class BadSettings(LoopError):
    """A setting from the environment has no meaning; the message names it and what it takes."""


class ProcessEnded(LoopError):
    """A part of the process ended although nobody asked it to, so the process ends too."""
