"""Looks whether the kinds are those that this program was made for: older ones would not keep what it writes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from controllers.loop.errors import NotFound, Refused
from controllers.loop.kube import Kube
from controllers.loop.objects import Json, ObjectKey, Resource
from crds.stamp import complaint
from crds.stamps import NEEDED

log = logging.getLogger(__name__)
Complain = Callable[[], Awaitable[str]]
DEFINITION = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)


async def no_complaint() -> str:
    """Of kinds in memory, which have no definition."""
    return ""


async def kinds_complaint(kube: Kube, names: Iterable[str] = tuple(NEEDED)) -> str:
    """What is wrong with the CRDs and what to do; empty when nothing is. One that is not there is told by who lists."""
    return complaint([each async for each in _definitions(kube, names)], NEEDED)


async def _definitions(kube: Kube, names: Iterable[str]) -> AsyncIterator[Json]:
    for name in names:
        try:
            yield (await kube.get(DEFINITION, ObjectKey("", name))).raw
        except NotFound:
            continue
        except Refused as error:
            log.warning(f"the version of CRD {name} is not known: {error}")
