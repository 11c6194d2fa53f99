"""Documents travel under their digest: who reads one needs no trust in who carried it."""

from __future__ import annotations

import hashlib

from jobs.broker import LARGEST_DOCUMENT
from jobs.errors import BadDocument


def bounded(digest: str, data: bytes) -> bytes:
    """The document, to be placed. Raises BadDocument when it is over 1 MiB."""
    if len(data) > LARGEST_DOCUMENT:
        raise BadDocument(f"document {digest} has {len(data)} bytes, at most {LARGEST_DOCUMENT} are allowed")
    return data


def checked(digest: str, data: bytes | None) -> bytes:
    """The document, as it came. Raises BadDocument when it is missing or other than its digest says."""
    if data is None:
        raise BadDocument(f"document {digest} is not in the queue: the supervisor places it again")
    if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
        raise BadDocument(f"document {digest} has other content than its name says")
    return data
