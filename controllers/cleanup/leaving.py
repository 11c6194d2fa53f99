"""Deployments go first, while their supervisor can still see them through; what is left then is told, or cut off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from controllers.certificates.secret import SECRET, is_our_making
from controllers.certificates.trusted import CONFIG_MAP
from controllers.cleanup.settings import Extent, Settings
from controllers.loop.errors import Conflict, LoopError, NotFound
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey, Resource, resource_of
from crds.deployment import DEPLOYMENT
from crds.job import JOB
from crds.kinds import KINDS
from crds.machine import MACHINE
from crds.meta import GROUP, REMOVALS_AGREED_UNTIL
from crds.node import NODE
from crds.supervisor import SUPERVISOR
from crds.trust import TRUST
from crds.volume import VOLUME

log = logging.getLogger(__name__)
WORKLOADS = tuple(resource_of(each) for each in (DEPLOYMENT, MACHINE, VOLUME, JOB))
RECORDS = tuple(resource_of(each) for each in sorted(KINDS, key=lambda kind: kind is TRUST))
SITE_CA = "hardpan-site-ca"
PAUSE_SECONDS = 1.0
NAMED = 5


class Unfinished(LoopError):
    """Something is left that only nodes can take away."""


class Leaving:
    """One clean-up."""

    def __init__(self, kube: Kube, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._kube, self._settings, self._now = kube, settings, now

    async def run(self) -> None:
        """Leaves what was asked for. Raises Unfinished with what is left."""
        await self._agree()
        await self._delete(resource_of(DEPLOYMENT))
        left = await self._await_nodes()
        if left and self._settings.extent is Extent.WORKLOADS:
            raise Unfinished(unfinished(left))
        for each in left:
            await self._cut_off(each)
        if self._settings.extent is Extent.EVERYTHING:
            await self._delete_the_rest()

    async def _agree(self) -> None:
        """Who uninstalls agrees to all removals, which a burst of them would wait for otherwise."""
        until = f"{self._now() + timedelta(seconds=self._settings.seconds):%Y-%m-%dT%H:%M:%SZ}"
        for each in (await self._kube.list(resource_of(SUPERVISOR))).objects:
            await self._kube.patch(each, {"metadata": {"annotations": {REMOVALS_AGREED_UNTIL: until}}})

    async def _await_nodes(self) -> list[Object]:
        deadline = self._now() + timedelta(seconds=self._settings.seconds)
        while (left := await self._left()) and self._now() < deadline:
            await asyncio.sleep(PAUSE_SECONDS)
        return left

    async def _left(self) -> list[Object]:
        return [each for kind in WORKLOADS[:3] for each in (await self._kube.list(kind)).objects]

    async def _cut_off(self, target: Object) -> None:
        log.warning("%s is cut off: its node may still run it", target)
        with suppress(NotFound):
            await self._kube.delete(target)
            found = await self._kube.get(target.resource, target.key)
            await self._kube.set_finalizers(found, foreign(found.finalizers))

    async def _delete_the_rest(self) -> None:
        # While there was trust, a node that is up may have registered anew.
        for kind in (*RECORDS, resource_of(NODE)):
            await self._delete(kind)
        for resource, names in ((SECRET, self._settings.secrets), (CONFIG_MAP, (SITE_CA,))):
            for name in names:
                with suppress(NotFound):
                    await self._delete_ours(await self._kube.get(resource, ObjectKey(self._settings.namespace, name)))

    async def _delete_ours(self, made: Object) -> None:
        if is_our_making(made):
            await self._kube.delete(made)
        else:
            log.info("%s stays: somebody else put it there", made)

    async def _delete(self, resource: Resource) -> None:
        found = (await self._kube.list(resource)).objects
        for each in found:
            with suppress(NotFound, Conflict):
                await self._kube.delete(each)
        if found:
            log.info("deleted %d %s", len(found), resource)


def foreign(finalizers: Iterable[str]) -> list[str]:
    """The finalizers that are not ours."""
    return [each for each in finalizers if not each.startswith(f"{GROUP}/")]


def unfinished(left: list[Object]) -> str:
    """What is left, and what to do."""
    nodes = sorted({str(each.spec["node"]) for each in left if "node" in each.spec})
    names = ", ".join(str(each) for each in left[:NAMED]) + (" …" if len(left) > NAMED else "")
    where = f" on {', '.join(nodes[:NAMED])}" if nodes else ""
    remedy = "bring the nodes back and uninstall again, or, to give them up, `helm rollback` and cleanup=Everything"
    return f"{len(left)} objects are left{where} ({names}): {remedy}"
