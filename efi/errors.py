"""What can go wrong with an image, named by what the caller can do about it."""

from __future__ import annotations

from sal.errors import SalError


class ImageError(SalError):
    """Root of what this package raises."""


class LockWrong(ImageError):
    """A lock file is damaged or written by hand: make it anew."""


class LockOutdated(ImageError):
    """What the lock names is served no longer: make a new lock."""


class ContentsWrong(ImageError):
    """Something that the image needs is in none of its packages: the lists of this program are wrong."""


class MediumWrong(ImageError):
    """What the operator gave for the medium cannot be used; the message says what can."""


class NotAnImage(ImageError):
    """A file that was named is no unified kernel image of ours."""
