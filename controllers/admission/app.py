"""Composes the admission webhook's process: it watches trust and marks, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.applications import Starlette

from controllers.admission.decided import telling
from controllers.admission.endpoint import PATIENCE_SECONDS, Endpoint
from controllers.admission.figures import Figures
from controllers.admission.review import Admission
from controllers.loop.app import run
from controllers.loop.cache import Cache
from controllers.loop.metrics import Refuse, uncounted
from controllers.loop.objects import resource_of
from controllers.loop.packed import RECENT
from controllers.loop.process import Compose, Context, Process
from controllers.loop.settings import from_environment
from controllers.review import Reviewer
from controllers.serving.patience import patient
from controllers.settings import Environment, Listen
from controllers.trust_source import TrustSource
from controllers.web import server
from crds.revisionmark import REVISION_MARK
from plans.evaluator import InChild

PATH = "/v1/deployments"
# API servers call, and open a connection for each review that they ask for at a time.
CONNECTIONS = 512


def create(admission: Admission, refuse: Refuse = uncounted) -> Starlette:
    """The webhook's application."""
    made = Starlette()
    made.add_route(PATH, Endpoint(admission, refuse).review, methods=["POST"])
    return made


def compose(cluster: str, listen: Listen) -> Compose:
    """What runs in the process."""

    async def composed(context: Context) -> Process:
        refuse = context.metrics.refuse
        trust, marks, evaluator = TrustSource(cluster), Cache(resource_of(REVISION_MARK), most_open=RECENT), InChild()
        heard = telling(Figures(context.metrics), context.tell)
        admission = Admission(Reviewer(evaluator), marks, trust.view, lambda: datetime.now(UTC), refuse, heard)

        async def close_evaluator() -> None:
            evaluator.close()

        caches = [marks, *trust.caches]
        web = server(create(admission, refuse), listen, context.metrics, CONNECTIONS)
        web.http = patient(PATIENCE_SECONDS, refuse)
        return Process(caches=caches, servers=[web], closing=[close_evaluator], leads=False)

    return composed


def main(environment: Mapping[str, str]) -> int:
    """Runs the webhook to its end."""
    values = Environment(environment)
    listen = values.listen("HARDPAN_ADMISSION_LISTEN", "127.0.0.1:9443")
    return run(compose(values.text("HARDPAN_CLUSTER"), listen), from_environment("admission", environment))
