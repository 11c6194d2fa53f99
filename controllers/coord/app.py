"""Composes coord's process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from controllers.by_condition import ByCondition, show
from controllers.coord.liveness import Liveness
from controllers.coord.reconcile import Reconciler, deployments, machines, volumes
from controllers.coord.supervisors import SupervisorReconciler
from controllers.loop.app import run
from controllers.loop.controller import Controller, Watch, everybody
from controllers.loop.objects import ObjectKey
from controllers.loop.process import Compose, Context, Process
from controllers.loop.queue import WorkQueue
from controllers.loop.settings import from_environment
from controllers.settings import Environment
from controllers.stuck import is_stuck
from controllers.trust_source import TrustSource
from crds.deployment import DEPLOYMENT
from crds.machine import MACHINE
from crds.volume import VOLUME


def compose(cluster: str, namespace: str) -> Compose:
    """What runs in the process. Supervisors' leases are in `namespace`."""

    async def composed(context: Context) -> Process:
        return _process(cluster, namespace, context)

    return composed


def _process(cluster: str, namespace: str, context: Context) -> Process:
    counted = [ByCondition(kind) for kind in (DEPLOYMENT, MACHINE, VOLUME)]
    show(context.metrics, counted, context.lease)
    of_deployments, of_machines, of_volumes = (each.count for each in counted)
    trust, wanted, placed = (
        TrustSource(cluster),
        deployments(of_deployments),
        (machines(of_machines), volumes(of_volumes)),
    )
    liveness = Liveness(context.kube, namespace, asyncio.get_running_loop().time)
    reconciler = Reconciler(context.kube, wanted, *placed, trust, liveness, context.now)
    serving = SupervisorReconciler(context.kube, trust, liveness, context.now)

    def wake_all() -> None:
        for key in wanted:
            controller.wake(key)
        for each in serving.supervisors():
            supervisors.wake(each)

    def names() -> list[str]:
        return [each.name for each in reconciler.candidates()]

    watches = [Watch(wanted), *(Watch(cache, everybody) for cache in trust.caches)]
    queue = WorkQueue[ObjectKey](randomness=context.randomness)
    controller = Controller("coord", watches, reconciler.reconcile, of="deployment", queue=queue)
    supervisors = Controller(
        "coord-supervisors",
        serving.watches,
        serving.reconcile,
        workers=1,
        of="supervisor",
        queue=WorkQueue(randomness=context.randomness),
    )
    return Process(
        controllers=[controller, supervisors],
        caches=placed,
        background=[lambda: liveness.follow(names, wake_all)],
    )


def main(environment: Mapping[str, str]) -> int:
    """Runs coord to its end."""
    settings = from_environment("coord", environment)
    return run(compose(Environment(environment).text("HARDPAN_CLUSTER"), settings.namespace), settings, is_stuck)
