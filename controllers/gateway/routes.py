"""The closed table of what nodes may call through the gateway, and how large a body may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Upstream = Literal["ledger", "supervisor"]
KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE


@dataclass(frozen=True)
class Route:
    """One call: where it goes, and the largest body and answer, in bytes, that are passed on."""

    method: Literal["GET", "POST"]
    path: str
    upstream: Upstream
    body_limit: int
    answer_limit: int = 64 * KIBIBYTE


ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/nodes/challenge", "ledger", KIBIBYTE),
    Route("POST", "/v1/nodes/register", "ledger", 32 * KIBIBYTE),
    Route("POST", "/v1/nodes/report", "ledger", 256 * KIBIBYTE),
    Route("POST", "/v1/nodes/credentials", "supervisor", 4 * KIBIBYTE),
    Route("GET", "/v1/trust", "ledger", 0, 2 * MEBIBYTE),
)
