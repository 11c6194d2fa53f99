"""A store that was set back to an older state: whoever remembers a newer one ends, and reads all anew."""

from __future__ import annotations

import pytest

from controllers.loop.cache import Cache
from controllers.loop.errors import LeaseLost, WatchEnded
from controllers.loop.informer import Informer
from controllers.loop.lease import Lease
from controllers.loop.objects import LEASE, ObjectKey
from controllers.loop.testing.memory import MemoryKube

KEY = ObjectKey("hardpan-system", "hardpan-supervisor")


async def test_a_holder_whose_lease_is_older_than_it_wrote_it_stops() -> None:
    kube = MemoryKube()
    lease = Lease(kube, KEY, "one")
    await lease.acquire()
    earlier = kube._version, {key: dict(each) for key, each in kube._objects.items()}
    await lease._renew()
    kube._version, kube._objects = earlier
    with pytest.raises(LeaseLost, match="set back"):
        await lease._renew()


async def test_a_number_that_the_store_forgot_is_not_given_again() -> None:
    kube = MemoryKube()
    first = Lease(kube, KEY, "one")
    await first.acquire()
    number = first.fence
    (held,) = kube.objects(LEASE)
    await kube.patch(held, {"spec": {"holderIdentity": "", "leaseTransitions": 3}})
    second = Lease(kube, KEY, "two")
    await second.acquire()
    assert second.fence >= number


async def test_a_list_that_is_older_than_the_one_before_ends_the_process() -> None:
    kube = MemoryKube()
    informer = Informer(kube, [Cache(LEASE)], [])
    await kube.create(LEASE, {"metadata": {"name": "a", "namespace": "b"}, "spec": {}})
    await informer.sync()
    kube._version -= 1
    with pytest.raises(WatchEnded, match="set back"):
        await informer._list(LEASE)
