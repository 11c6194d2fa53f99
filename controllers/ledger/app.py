"""Composes the ledger's process: nodes, records, and the endpoints that the gateway routes to."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controllers.certified import without_registration
from controllers.ledger.challenge import Challenges
from controllers.ledger.conflicts import Conflicts
from controllers.ledger.figures import Figures
from controllers.ledger.nodes import NodeReconciler
from controllers.ledger.predecessor import MACHINE, by_machine
from controllers.ledger.presence import Presence
from controllers.ledger.records import RecordReconciler
from controllers.ledger.registry import NODES, Registry
from controllers.ledger.reports import ReportDesk
from controllers.loop.app import run
from controllers.loop.cache import Cache
from controllers.loop.controller import Controller, Watch, everybody
from controllers.loop.metrics import Refuse
from controllers.loop.objects import ObjectKey
from controllers.loop.process import Compose, Context, Process
from controllers.loop.queue import WorkQueue
from controllers.loop.settings import from_environment
from controllers.settings import Environment, Listen
from controllers.stuck import is_stuck
from controllers.trust_source import TrustSource
from controllers.web import endpoint, server
from trust.errors import Code, Refusal


def create(registry: Registry, desk: ReportDesk, trust: TrustSource, count: Refuse) -> Starlette:
    """The ledger's endpoints."""
    made = Starlette()

    async def challenge(data: bytes, _: str) -> dict[str, Any]:
        return await registry.challenge(_node_of(data))

    async def bundle(_: Request) -> Response:
        try:
            return Response(trust.bundle().to_bytes(), media_type="application/json")
        except Refusal as refusal:
            return JSONResponse({"reason": str(refusal.code), "message": str(refusal)}, 503)

    async def report(data: bytes, _: str) -> dict[str, Any]:
        return await desk.answer(data)

    routes = {"challenge": challenge, "register": registry.register, "report": report}
    for name, answer in routes.items():
        handle = endpoint(name, answer, count)
        made.add_route(f"/v1/nodes/{name}", handle, methods=["POST"])
    made.add_route("/v1/trust", bundle, methods=["GET"])
    return made


def _node_of(data: bytes) -> str:
    try:
        return str(json.loads(data)["node"])[:64]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refusal(Code.BAD_ENCODING, 'a challenge is asked for with {"node": "n-…"}') from None


def compose(cluster: str, listen: Listen, shortest_interval: float) -> Compose:
    """What runs in the process."""

    async def composed(context: Context) -> Process:
        return _process(cluster, listen, shortest_interval, context)

    return composed


def _process(cluster: str, listen: Listen, shortest_interval: float, context: Context) -> Process:
    figures = Figures(context.metrics, lambda: trust.view(), context.now, context.lease)
    trust = TrustSource(cluster, figures.tallies)
    nodes = Cache(NODES, without_registration, {MACHINE: by_machine}, [figures.tallies["Node"]])
    clock = asyncio.get_running_loop().time
    presence, conflicts = Presence(clock, context.now, shortest_interval), Conflicts(clock)
    nodes_reconciler = NodeReconciler(context.kube, nodes, trust.view, presence, conflicts, context.now)
    records = RecordReconciler(context.kube, trust, nodes, context.now)

    def queue() -> WorkQueue[ObjectKey]:
        return WorkQueue(randomness=context.randomness)

    def wake(key: ObjectKey) -> None:
        node_controller.queue.add(key)

    watches = [Watch(nodes), *(Watch(cache, everybody) for cache in trust.caches)]
    node_controller = Controller("ledger-nodes", watches, nodes_reconciler.reconcile, of="node", queue=queue())
    record_controller = Controller("ledger-records", records.watches, records.reconcile, workers=2, queue=queue())
    challenges = Challenges(secrets.token_bytes(32), clock)
    registry = Registry(context.kube, nodes, trust.view, challenges, presence, conflicts, context.now, wake)
    desk = ReportDesk(nodes, trust, presence, conflicts, context.now, wake)
    return Process(
        controllers=[node_controller, record_controller],
        caches=trust.caches,
        servers=[server(create(registry, desk, trust, context.metrics.refuse), listen, context.metrics)],
        background=[lambda: nodes_reconciler.follow(wake)],
    )


def main(environment: Mapping[str, str]) -> int:
    """Runs the ledger to its end."""
    values = Environment(environment)
    listen = values.listen("HARDPAN_LEDGER_LISTEN", "127.0.0.1:8081", behind_gateway=True)
    interval = values.number("HARDPAN_REPORT_INTERVAL", 10.0)
    settings = from_environment("ledger", environment)
    return run(compose(values.text("HARDPAN_CLUSTER"), listen, interval), settings, is_stuck)
