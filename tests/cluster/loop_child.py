"""A controller process for tests: it makes every widget ready, and says when it is up, and each reconcile."""

from __future__ import annotations

import os
import sys

from controllers.loop.app import run
from controllers.loop.cache import Cache
from controllers.loop.controller import Controller, Done, Outcome, Watch
from controllers.loop.lease import LeaseTimes
from controllers.loop.objects import ObjectKey, Resource
from controllers.loop.process import Context, Process
from controllers.loop.settings import LoopSettings
from tests.unit.controllers.loop.kube_contract import WIDGET

TIMES = LeaseTimes(duration=3, renew_deadline=2, retry=0.2)
NOWHERE = Resource("nowhere.hardpan.dev", "v1", "gadgets", "Gadget", namespaced=True)


def main() -> int:
    """`loop_child LEASE [missing]`: exits as a controller does."""
    watched = NOWHERE if sys.argv[2:] == ["missing"] else WIDGET

    async def compose(context: Context) -> Process:
        cache = Cache(watched)
        print("up", flush=True)

        async def reconcile(key: ObjectKey) -> Outcome:
            found = cache.get(key)
            if found is not None and found.deletion_timestamp is None:
                await context.kube.apply_status(found, {"phase": "Ready"}, "child")
            print(f"reconciled {key.name} {context.lease.fence} {os.getpid()}", flush=True)
            return Done()

        return Process([Controller("child", [Watch(cache)], reconcile)])

    return run(compose, LoopSettings(sys.argv[1], namespace="default", lease_times=TIMES))


if __name__ == "__main__":
    sys.exit(main())
