"""Where the API server asks, and whoever else reaches the port: reviews of a bounded size, so many bytes at a time."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse

from controllers.admission.review import Admission, response
from controllers.loop.metrics import Refuse
from controllers.serving.budget import Budget
from controllers.web import length_within, peer_of, read_bounded

LARGEST_REVIEW = 6 << 20
# JSON may take 25 times its length once it is read: this and the connections fit into the memory limit of the chart.
UNDER_WAY = 2 * LARGEST_REVIEW
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Endpoint:
    """Answers AdmissionReviews of deployments."""

    admission: Admission
    refuse: Refuse
    budget: Budget = field(default_factory=lambda: Budget(UNDER_WAY, LARGEST_REVIEW))

    async def review(self, request: Request) -> JSONResponse:
        """The verdict, or a refusal to look."""
        address, amount = peer_of(request), length_within(LARGEST_REVIEW, request)
        if not await self.budget.take(address, amount):
            return self._turn_away(503, "Busy", "too many reviews are under way: apply it again shortly")
        try:
            return await self._answer(request)
        finally:
            self.budget.give(address, amount)

    async def _answer(self, request: Request) -> JSONResponse:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                body = await read_bounded(request, LARGEST_REVIEW)
        except TimeoutError:
            return self._turn_away(408, "TooSlow", f"the review did not come within {PATIENCE_SECONDS:g} s")
        if body is None:
            return self._turn_away(413, "TooLarge", f"a review has at most {LARGEST_REVIEW} bytes")
        try:
            asked = json.loads(body)["request"]
            return JSONResponse(response(asked, await self.admission.answer(asked)))
        except (ValueError, KeyError, TypeError, RecursionError):
            return self._turn_away(400, "BadEncoding", "this is no AdmissionReview of a deployment")

    def _turn_away(self, status: int, reason: str, message: str) -> JSONResponse:
        self.refuse("review", reason)
        return JSONResponse({"message": message}, status)
