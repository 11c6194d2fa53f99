"""Turns what the API server answers into our errors. Pure."""

from __future__ import annotations

import json
from typing import Any

from controllers.loop.errors import AlreadyExists, Conflict, KubeError, NotFound, Refused, Unavailable

MESSAGE_LIMIT = 1000


class Expired(NotFound):
    """The rest of a list that began too long ago; the list begins again."""


class Unauthenticated(Refused):
    """The server does not know us (401); the credentials may have been renewed."""


def error_of(act: str, status: int, content: bytes, retry_after: str = "") -> KubeError:
    """The error for an answer that is no success; `act` says what was tried, on which object."""
    answer = _status(content)
    text = f"{act}: {_message(answer, content) or f'HTTP {status}'}"[:MESSAGE_LIMIT]
    if status == 429 or status >= 500:
        return Unavailable(text, float(retry_after) if retry_after.isdecimal() else 0.0)
    return _kind(status, answer)(text)


def _kind(status: int, answer: dict[str, Any]) -> type[KubeError]:
    if status == 409:
        return _conflict(answer)
    if status == 410:
        return Expired
    if status == 404:
        return NotFound
    return Unauthenticated if status == 401 else Refused


def _conflict(answer: dict[str, Any]) -> type[KubeError]:
    """Server-side apply calls a foreign field a conflict too, but looking again would not help there."""
    causes = (answer.get("details") or {}).get("causes") or ()
    if any(cause.get("reason") == "FieldManagerConflict" for cause in causes):
        return Refused
    return AlreadyExists if answer.get("reason") == "AlreadyExists" else Conflict


def _status(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _message(answer: dict[str, Any], content: bytes) -> str:
    return str(answer["message"]) if "message" in answer else content[:200].decode(errors="replace").strip()
