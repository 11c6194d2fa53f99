"""Leadership by a Kubernetes Lease; its transition number is the fence that orders carry and nodes remember."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from controllers.loop.errors import Conflict, Gone, KubeError
from controllers.loop.kube import Kube, Object, Resource

log = logging.getLogger(__name__)
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")


@dataclass(frozen=True)
class LeaseTimes:
    """Seconds: how long a lease counts, how long a leader tries before it gives up, how often it is renewed."""

    duration: float = 15.0
    deadline: float = 10.0
    retry: float = 2.0


class Lease:
    """One candidate for one lease. `lost` is set when a leader could not renew in time: it must stop at once."""

    def __init__(self, kube: Kube, namespace: str, name: str, holder: str, times: LeaseTimes | None = None) -> None:
        self._kube = kube
        self._namespace, self._name, self._holder = namespace, name, holder
        self._times = times or LeaseTimes()
        self._seen: tuple[str, float] | None = None
        self.transitions = 0
        self.lost = asyncio.Event()

    async def acquire(self, stop: asyncio.Event) -> bool:
        """Waits until this candidate leads; False when `stop` came first."""
        while not stop.is_set():
            if await self._attempt():
                log.info("lease %s/%s is held, number %d", self._namespace, self._name, self.transitions)
                return True
            await _sleep(self._times.retry * random.uniform(0.8, 1.2), stop)
        return False

    async def keep(self, stop: asyncio.Event) -> None:
        """Renews until `stop`, then lets go; sets `lost` when renewing fails for too long."""
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        while not stop.is_set():
            await _sleep(self._times.retry, stop)
            if stop.is_set():
                break
            if await self._attempt():
                renewed = loop.time()
            elif loop.time() - renewed > self._times.deadline:
                log.error("lease %s/%s is lost: this process stops", self._namespace, self._name)
                self.lost.set()
                return
        await self._release()

    async def _attempt(self) -> bool:
        try:
            return await self._claim()
        except (Conflict, KubeError) as error:
            log.debug("lease %s: %s", self._name, error)
            return False

    async def _claim(self) -> bool:
        try:
            held = await self._kube.get(LEASES, self._namespace, self._name)
        except Gone:
            made = await self._kube.create(LEASES, self._body(1))
            self.transitions = int(made.spec["leaseTransitions"])
            return True
        if held.spec.get("holderIdentity") == self._holder:
            await self._kube.patch(LEASES, held, {"spec": {"renewTime": _now()}})
            self.transitions = int(held.spec["leaseTransitions"])
            return True
        if not self._expired(held):
            return False
        number = int(held.spec.get("leaseTransitions", 0)) + 1
        await self._kube.patch(LEASES, held, {"spec": self._body(number)["spec"]})
        self.transitions = number
        return True

    def _expired(self, held: Object) -> bool:
        """By our own clock since we first saw this version: the holder's clock is not trusted."""
        if not held.spec.get("holderIdentity"):
            return True
        now = asyncio.get_running_loop().time()
        if self._seen is None or self._seen[0] != held.version:
            self._seen = (held.version, now)
        return now - self._seen[1] > float(held.spec.get("leaseDurationSeconds", self._times.duration))

    def _body(self, number: int) -> dict[str, Any]:
        spec = {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": max(1, int(self._times.duration)),
            "acquireTime": _now(),
            "renewTime": _now(),
            "leaseTransitions": number,
        }
        return {"metadata": {"name": self._name, "namespace": self._namespace}, "spec": spec}

    async def _release(self) -> None:
        try:
            held = await self._kube.get(LEASES, self._namespace, self._name)
            if held.spec.get("holderIdentity") == self._holder:
                await self._kube.patch(LEASES, held, {"spec": {"holderIdentity": ""}})
        except KubeError as error:
            log.warning("lease %s/%s could not be released, it ends by itself: %s", self._namespace, self._name, error)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


async def _sleep(seconds: float, stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
