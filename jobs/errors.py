"""What can go wrong between a process and the queue, named by what the caller can do about it."""

from __future__ import annotations


class JobsError(Exception):
    """Root of what this package raises."""


class Unavailable(JobsError):
    """The queue cannot be reached or is not set up yet: try again after a pause, nothing was changed."""


class AccessDenied(JobsError):
    """The password or the rights are not (or no longer) good: ask for new credentials."""


class StaleFence(JobsError):
    """Another attempt took over: drop the entry, its outcome no longer counts."""


class AlreadyDone(JobsError):
    """This attempt has ended before: drop the entry."""


class HeldElsewhere(JobsError):
    """Another runner of this node holds the lease: leave the entry and look again later."""


class BadDocument(JobsError):
    """A document is missing, too large, or has other content than its digest says."""
