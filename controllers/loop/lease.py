"""Leadership by a Kubernetes Lease. Its transition number is the fence: orders carry it, nodes refuse a lower one."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from controllers.loop.errors import AlreadyExists, Conflict, KubeError, LeaseLost, NotFound, Unavailable
from controllers.loop.kube import Kube
from controllers.loop.objects import LEASE, Json, Object, ObjectKey, is_older

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeaseTimes:
    """Seconds: how long a lease counts without renewal, how long its holder tries to renew, how often both look.

    After a crash another leads within `duration` and twice `retry` (a fifth longer at most), after an end within one.
    """

    duration: float = 11.0
    renew_deadline: float = 8.0
    retry: float = 1.5


class Lease:
    """One candidate for one lease; `holder` names this very process and no other, before or after.

    A holder gives up before others may take over: it counts from before it asked, they from when they saw it renewed,
    each by its own monotonic clock, so wall clocks do not matter.
    """

    def __init__(
        self,
        kube: Kube,
        key: ObjectKey,
        holder: str,
        times: LeaseTimes | None = None,
        clock: Callable[[], float] | None = None,
        randomness: random.Random | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.key = key
        self._kube = kube
        self._holder = holder
        self._times = times or LeaseTimes()
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._random = randomness or random.Random()
        self._now = now or (lambda: datetime.now(UTC))
        self._held: Object | None = None
        self._renewed = 0.0
        self._seen: tuple[str, float] = ("", 0.0)

    @property
    def leading(self) -> bool:
        """Whether this process leads, as far as it can know."""
        return self._held is not None and self._clock() - self._renewed < self._times.duration

    @property
    def fence(self) -> int:
        """The number of this leadership; each later one has a higher. Raises LeaseLost when this process leads not."""
        if self._held is None or not self.leading:
            raise LeaseLost(f"lease {self.key}: this process does not lead")
        return int(self._held.spec["leaseTransitions"])

    async def acquire(self) -> None:
        """Waits until this process leads, for as long as it takes."""
        while not await self._try():
            await asyncio.sleep(self._times.retry * self._random.uniform(0.8, 1.2))
        log.info("leading by lease %s, number %d", self.key, self.fence)

    async def keep(self) -> None:
        """Renews for ever. Raises LeaseLost as soon as another process may lead."""
        while True:
            await asyncio.sleep(self._times.retry)
            try:
                async with asyncio.timeout(self._renewed + self._times.renew_deadline - self._clock()):
                    await self._renew()
            except TimeoutError:
                self._lose("could not be renewed in time")

    async def release(self) -> None:
        """Lets go, so that another candidate leads at once. Failing to is only slower: the lease runs out by itself."""
        if self._held is None:
            return
        self._held = None
        try:
            found = await self._kube.get(LEASE, self.key)
            if found.spec.get("holderIdentity") == self._holder:
                await self._kube.patch(found, {"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}})
        except KubeError as error:
            log.warning("lease %s was not released and runs out by itself: %s", self.key, error)

    async def _try(self) -> bool:
        """One attempt to lead."""
        began = self._clock()
        try:
            self._held = await self._take()
        except (Conflict, Unavailable) as error:
            log.debug("lease %s: %s", self.key, error)
            return False
        self._renewed = began
        return self._held is not None

    async def _take(self) -> Object | None:
        try:
            found = await self._kube.get(LEASE, self.key)
        except NotFound:
            return await self._create()
        if not self._is_free(found):
            return None
        # The date too: a store that was set back may count numbers again that nodes have seen.
        number = max(int(found.spec.get("leaseTransitions") or 0) + 1, _first_number(self._now()))
        return await self._kube.patch(found, {"spec": self._spec(number)})

    async def _create(self) -> Object | None:
        metadata = {"name": self.key.name, "namespace": self.key.namespace}
        try:
            return await self._kube.create(
                LEASE, {"metadata": metadata, "spec": self._spec(_first_number(self._now()))}
            )
        except AlreadyExists:
            return None

    def _is_free(self, found: Object) -> bool:
        """Free when let go, or when its version stood still for its whole duration under our eyes."""
        if not found.spec.get("holderIdentity"):
            return True
        if self._seen[0] != found.resource_version:
            self._seen = (found.resource_version, self._clock())
        duration = float(found.spec.get("leaseDurationSeconds") or self._times.duration)
        return self._clock() - self._seen[1] > duration

    async def _renew(self) -> None:
        """Renews once, trying again while the server does not answer."""
        while self._held is not None:
            began = self._clock()
            try:
                self._held = await self._kube.patch(self._held, {"spec": {"renewTime": _stamp(self._now())}})
            except Unavailable as error:
                log.warning("lease %s is not renewed yet: %s", self.key, error)
                await asyncio.sleep(self._times.retry / 4)
            except (Conflict, NotFound):
                await self._look_again()
            else:
                self._renewed = began
                return

    async def _look_again(self) -> None:
        """Someone else wrote it: an operator's label does no harm, another holder does."""
        try:
            found = await self._kube.get(LEASE, self.key)
        except NotFound:
            self._lose("was deleted")
        if self._held is not None and is_older(found.resource_version, self._held.resource_version):
            self._lose("is older than when it was renewed: the store was set back, and all must be read anew")
        if found.spec.get("holderIdentity") != self._holder:
            self._lose(f"is held by {found.spec.get('holderIdentity') or 'nobody'}")
        self._held = found

    def _lose(self, what: str) -> NoReturn:
        self._held = None
        raise LeaseLost(f"lease {self.key} {what}: this process stops, for another may lead")

    def _spec(self, number: int) -> Json:
        return {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": max(1, round(self._times.duration)),
            "acquireTime": _stamp(self._now()),
            "renewTime": _stamp(self._now()),
            "leaseTransitions": number,
        }


def _first_number(now: datetime) -> int:
    """Seconds since 2020 (they fit until 2088): should the lease be deleted, its successor's fence is still higher."""
    return int((now - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds())


def _stamp(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"
