"""What every controller process counts and measures, for Prometheus. One object per process; nothing is global."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from controllers.loop.controller import Controller
from controllers.loop.measures import Measures
from controllers.loop.objects import Resource
from crds.stamps import RELEASE

Refuse = Callable[[str, str], None]
"""Counts a refusal: of what, and why."""

CONTROLLER = "a loop of the process: `coord`, `coord-supervisors`, `ledger-nodes`, `ledger-records`, `supervisor`"
OUTCOME = "`Done`, `RequeueAfter`; `stale` (looked again), `refused` (by the API server), `failed` (unforeseen)"
KIND = "a kind with its group, such as `nodes.hardpan.dev`"
ROLE = "`ledger`, `coord`, `supervisor`, `gateway` or `admission`"
REFUSED = (
    "`challenge`, `register`, `report`, `credentials` (calls of nodes), `deployment`, `job`, `receipt`, `review`,"
    " `request`, `connection`"
)
ROUTE = "a path that is served; all others are `other`"
STATUS = "the code of the answer; one that our servers never give is `other`"


class Metrics(Measures):
    """Counters, gauges and histograms, all in seconds or pieces. `role` says whose they are."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.role = role
        built = self.gauge(
            "hardpan_build_info", "1, of which release the program is", role=ROLE, version="such as `0.1.0`"
        )
        built.labels(role, RELEASE).set(1)
        self._working = self.gauge(
            "hardpan_working", "1 while it does its work, 0 while it starts or stands by", role=ROLE
        )
        self.reconciles = self.counter(
            "hardpan_reconciles", "Reconciles by outcome", controller=CONTROLLER, outcome=OUTCOME
        )
        self.duration = self.histogram("hardpan_reconcile_seconds", "How long one takes", controller=CONTROLLER)
        self.waited = self.histogram("hardpan_queue_wait_seconds", "Wanted until begun", controller=CONTROLLER)
        self._depth = self.gauge("hardpan_queue_depth", "Keys ready to be worked on", controller=CONTROLLER)
        self._oldest = self.gauge(
            "hardpan_queue_oldest_seconds", "For how long the first ready key has been waiting", controller=CONTROLLER
        )
        self.events = self.counter("hardpan_watch_events", "Watch events by kind", resource=KIND)
        self._silent = self.gauge(
            "hardpan_watch_silent", "1 while a watch tells nothing of what lists show, else 0", resource=KIND
        )
        self.lag = self.gauge("hardpan_loop_lag_seconds", "By how much the event loop was late")
        self.fence = self.gauge("hardpan_lease_fence", "Number of the lease held, 0 when none")
        self.refused = self.counter(
            "hardpan_refused",
            "What was refused, by what it was and why",
            what=REFUSED,
            reason="a reason of docs/troubleshooting.md",
        )
        self.requests = self.counter(
            "hardpan_http_requests", "Requests answered", role=ROLE, route=ROUTE, status=STATUS
        )
        self.request_seconds = self.histogram(
            "hardpan_http_request_seconds", "From a request's head to the end of its answer", role=ROLE, route=ROUTE
        )
        self.expiry = self.gauge(
            "hardpan_certificate_expiry_seconds",
            "Until a certificate ends; not a number when its file holds none",
            role="what the certificate is for: `server`, or whom it is shown to",
        )

    def certificate(self, role: str, seconds_left: Callable[[], float]) -> None:
        """Shows when a certificate ends; it is looked at whenever figures are asked for."""
        self.expiry.labels(role).set_function(seconds_left)

    def refuse(self, what: str, reason: str) -> None:
        """Counts a refusal; `what` and `reason` are words of ours, never of a stranger."""
        self.refused.labels(what, reason).inc()

    def look(self, working: bool, controllers: Sequence[Controller], watched: Mapping[Resource, bool]) -> None:
        """Takes in how the process is now; `watched` are the kinds with a watch, and whether it is silent."""
        self._working.labels(self.role).set(working)
        for each in controllers:
            self._depth.labels(each.name).set(len(each.queue))
            self._oldest.labels(each.name).set(each.queue.oldest_seconds)
        for resource, silent in watched.items():
            self._silent.labels(str(resource)).set(silent)


def uncounted(what: str, reason: str) -> None:
    """For who is asked without a process around it."""
