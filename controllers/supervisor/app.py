"""Composes the supervisor's process from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from controllers.loop.app import run
from controllers.loop.controller import Controller
from controllers.loop.objects import Object, ObjectKey
from controllers.loop.process import Compose, Context, Process
from controllers.loop.queue import WorkQueue
from controllers.loop.settings import LoopSettings, from_environment
from controllers.review import Reviewer
from controllers.settings import Environment, Listen
from controllers.stuck import is_stuck
from controllers.supervisor.accept import Judge
from controllers.supervisor.apply import Hands
from controllers.supervisor.caches import Caches
from controllers.supervisor.credentials import CredentialsDesk, QueueDoor, SiteAuthority
from controllers.supervisor.doors import Doors
from controllers.supervisor.figures import Figures
from controllers.supervisor.inbox import Inbox
from controllers.supervisor.orders import Desk
from controllers.supervisor.queue_look import QueueLook
from controllers.supervisor.receipts import Answer
from controllers.supervisor.reconcile import Reconciler
from controllers.supervisor.renewal import QueueRenewal
from controllers.supervisor.reports import Reports
from controllers.supervisor.sweep import Sweeper
from controllers.supervisor.tracing import Traces
from controllers.tls.contexts import seconds_left
from controllers.trust_source import TrustSource
from controllers.web import endpoint, server
from jobs.broker import Connection, ControllerBroker
from jobs.redis_controller import RedisControllerBroker
from jobs.renewal import ServerTls
from plans.evaluator import InChild, PlanEvaluator
from trust.dsse import decode
from trust.keys import SigningKey

# Most of a reconcile is waiting for the API server: with eight at a time a crowd left a fifth of the processors idle.
WORKERS = 24


@dataclass(frozen=True)
class Settings:
    """`queue_url` is where nodes reach the queue; it may differ from where the supervisor does.

    `queue_tls` are the queue's own files, when it is the supervisor who tells it that they were renewed.
    """

    loop: LoopSettings
    name: str
    cluster: str
    key: SigningKey
    redis: Connection
    queue_url: str
    authority: SiteAuthority
    listen: Listen
    queue_tls: ServerTls | None = None


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings from HARDPAN_* variables. Raises BadSettings."""
    values = Environment(environment)
    name = values.text("HARDPAN_SUPERVISOR", "main")
    site = SiteAuthority(values.path("HARDPAN_SITE_CA"), values.path("HARDPAN_SITE_CA_KEY"))
    return Settings(
        loop=from_environment(f"supervisor-{name}", environment),
        name=name,
        cluster=values.text("HARDPAN_CLUSTER"),
        key=SigningKey(decode(values.path("HARDPAN_SUPERVISOR_KEY").read_text().strip())),
        redis=values.redis(),
        queue_url=values.text("HARDPAN_QUEUE_URL"),
        authority=site,
        listen=values.listen("HARDPAN_SUPERVISOR_LISTEN", "127.0.0.1:8082", behind_gateway=True),
        queue_tls=ServerTls.within(Path(folder)) if (folder := environment.get("HARDPAN_REDIS_SERVER_TLS")) else None,
    )


def compose(
    settings: Settings,
    connect: Callable[[Connection], ControllerBroker] = RedisControllerBroker,
    evaluate: Callable[[], PlanEvaluator] = InChild,
) -> Compose:
    """What runs in the process; `connect` and `evaluate` make its way to the queue and its evaluator."""

    async def composed(context: Context) -> Process:
        return _process(settings, context, connect(settings.redis), evaluate())

    return composed


def _process(settings: Settings, context: Context, broker: ControllerBroker, evaluator: PlanEvaluator) -> Process:
    trust = TrustSource(settings.cluster)
    figures = Figures(context.metrics, settings.name, context.lease, context.now)
    caches = Caches(trust, [figures.jobs.count])
    refuse = context.metrics.refuse
    reports = Reports(broker, caches.certified, settings.cluster, refuse=refuse)
    desk = Desk(settings.name, settings.key, settings.cluster, lambda: context.lease.fence)
    inbox = Inbox(broker, caches, reports, lambda key: controller.queue.add(key))
    hands = Hands(context.kube, broker, caches, desk)
    judge = Judge(Reviewer(evaluator), refuse)
    kube, now = context.kube, context.now
    parts = (settings.name, kube, broker, caches, reports, inbox, judge, hands, now, refuse)
    traces = Traces(context.tell, caches.marks, now)

    def answered(job: Object, answer: Answer) -> None:
        figures.answered(job, answer)
        traces.answered(job, answer)

    reconciler = Reconciler(*parts, answered=answered, accepted=traces.accepted)
    look = QueueLook(broker, caches, figures.queue)
    queue = WorkQueue[ObjectKey](randomness=context.randomness)
    controller = Controller(
        "supervisor", caches.watches, reconciler.reconcile, of="deployment", queue=queue, workers=WORKERS
    )
    door = QueueDoor(settings.queue_url, settings.redis.authority)
    counter = CredentialsDesk(caches.nodes, trust.view, broker, settings.authority, door, context.now)
    web = Starlette()

    async def credentials(data: bytes, _: str) -> dict[str, str]:
        return await counter.answer(data)

    handle = endpoint("credentials", credentials, refuse)
    web.add_route("/v1/nodes/credentials", handle, methods=["POST"])

    async def close_evaluator() -> None:
        evaluator.close()

    renewal = [QueueRenewal(settings.redis, settings.queue_tls).follow] if settings.queue_tls else []
    show = context.metrics.certificate
    show("redis client", lambda: seconds_left(settings.redis.certificate))
    show("site authority", lambda: seconds_left(settings.authority.certificate))
    return Process(
        controllers=[controller],
        servers=[server(web, settings.listen, context.metrics)],
        background=[*(each.follow for each in (inbox, Sweeper(broker, caches), Doors(broker, caches), look)), *renewal],
        closing=[close_evaluator, broker.close],
    )


def main(environment: Mapping[str, str]) -> int:
    """Runs the supervisor to its end."""
    settings = settings_from(environment)
    return run(compose(settings), settings.loop, is_stuck)
