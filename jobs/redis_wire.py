"""Reads what comes out of Redis: pure, and without belief in its form, as the other side may have been taken over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jobs.broker import Claim, Event

Entry = tuple[bytes, dict[bytes, bytes]]
_NUMBER = re.compile(rb"[0-9]{1,15}")
_UID = re.compile(rb"[!-~]{1,253}")


def streams_of(answer: Any) -> list[tuple[bytes, list[Entry]]]:
    """The entries of an XREAD or XREADGROUP by stream, whichever of its shapes the client chose."""
    pairs = answer.items() if isinstance(answer, dict) else answer or []
    return [(stream, _flat(entries)) for stream, entries in pairs]


def _flat(entries: Any) -> list[Entry]:
    if entries and isinstance(entries[0], list):
        return [each for some in entries for each in some]
    return list(entries)


def event_of(node: str, entry: bytes, fields: Mapping[bytes, bytes]) -> Event | None:
    """The event, or None for what is none."""
    read = _read(fields, b"e")
    return Event(node, entry.decode(), *read) if read else None


def claim_of(entry: bytes, priority: int, fields: Mapping[bytes, bytes]) -> Claim | None:
    """The claim, or None for what is none: also an entry that was deleted while it was pending comes without fields."""
    read = _read(fields, b"j")
    return Claim(entry.decode(), priority, *read) if read else None


def _read(fields: Mapping[bytes, bytes] | None, content: bytes) -> tuple[str, int, bytes] | None:
    if not fields or content not in fields:
        return None
    uid, attempt = fields.get(b"u", b""), fields.get(b"a", b"")
    if not _UID.fullmatch(uid) or not _NUMBER.fullmatch(attempt):
        return None
    return uid.decode(), int(attempt), fields[content]


def attempt_of(record: bytes | None) -> int | None:
    """The attempt that a record of the index tells."""
    number = (record or b"").split(b"|", 1)[0]
    return int(number) if _NUMBER.fullmatch(number) else None


def attempts(index: Mapping[bytes, bytes]) -> dict[str, int]:
    """The attempts in flight by uid; the node may have spoiled its own index, what cannot be read counts as lost."""
    read = {uid: attempt_of(record) for uid, record in index.items() if _UID.fullmatch(uid)}
    return {uid.decode(): attempt for uid, attempt in read.items() if attempt is not None}
