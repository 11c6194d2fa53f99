"""What a healthy installation tells Prometheus for two hours, and for each alert what is changed so that it fires.

Values are in promtool's notation: `1x120` is 121 minutes of 1, `0+60x120` rises by 60 a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Series = Mapping[str, str]
DAY = 86_400
WORKERS = ("ledger", "coord", "supervisor", "gateway", "admission")


def steady(value: float) -> str:
    """The same for two hours."""
    return f"{value}x120"


def rising(each_minute: float) -> str:
    """A counter."""
    return f"0+{each_minute}x120"


def working(role: str) -> str:
    """The series that says whether a role works."""
    return f'hardpan_working{{role="{role}", instance="{role}"}}'


def objects(kind: str, condition: str, status: str, reason: str) -> str:
    """The series of objects that say so."""
    return f'hardpan_objects{{kind="{kind}", condition="{condition}", status="{status}", reason="{reason}"}}'


def refused(what: str, reason: str) -> str:
    """The series of one kind of refusal."""
    return f'hardpan_refused_total{{what="{what}", reason="{reason}"}}'


def requests(route: str, status: str) -> str:
    """The series of the gateway's answers."""
    return f'hardpan_http_requests_total{{role="gateway", route="{route}", status="{status}"}}'


def review(le: str) -> str:
    """A bucket of the times of reviews."""
    return f'hardpan_http_request_seconds_bucket{{role="admission", route="/v1/deployments", le="{le}"}}'


HEALTHY: Series = {
    **{working(role): steady(1) for role in WORKERS},
    'hardpan_working{role="ledger", instance="standby"}': steady(0),
    'process_start_time_seconds{instance="ledger"}': steady(1_000),
    'process_open_fds{instance="gateway"}': steady(100),
    'process_max_fds{instance="gateway"}': steady(1_024),
    'hardpan_queue_oldest_seconds{controller="coord"}': steady(0.1),
    'hardpan_loop_lag_seconds{instance="coord"}': steady(0.01),
    'hardpan_watch_silent{resource="nodes.hardpan.dev"}': steady(0),
    'hardpan_reconciles_total{controller="coord", outcome="Done"}': rising(60),
    'hardpan_reconciles_total{controller="coord", outcome="refused"}': rising(1),
    'hardpan_reconciles_total{controller="coord", outcome="failed"}': steady(2),
    "hardpan_trust_expiry_seconds": steady(10 * DAY),
    'hardpan_certificate_expiry_seconds{role="server", instance="gateway"}': steady(60 * DAY),
    refused("deployment", "NotSigned"): rising(5),
    # Whoever edits a manifest and forgets to sign it again is no forger.
    refused("deployment", "BadSignature"): rising(5),
    refused("job", "BadSignature"): steady(1),
    "hardpan_queue_reachable": steady(1),
    "hardpan_queue_oldest_undelivered_seconds": steady(2),
    "hardpan_queue_unsettled_events": steady(3),
    "hardpan_job_oldest_open_seconds": steady(30),
    'hardpan_job_answers_total{outcome="succeeded"}': rising(30),
    'hardpan_job_answers_total{outcome="failed"}': rising(1),
    objects("Node", "Ready", "True", "Reporting"): steady(10),
    objects("Node", "Conflict", "False", "OneMachine"): steady(10),
    objects("Node", "Approved", "True", "ApprovedByToken"): steady(10),
    objects("Node", "Healthy", "True", "Sound"): steady(10),
    objects("Deployment", "Ready", "True", "AsDescribed"): steady(5),
    objects("Deployment", "Assigned", "True", "Assigned"): steady(5),
    objects("Deployment", "Stalled", "False", "AsDescribed"): steady(5),
    objects("Deployment", "Available", "True", "AsDescribed"): steady(5),
    objects("Deployment", "RenewalDue", "False", "Valid"): steady(5),
    requests("/v1/nodes/report", "200"): rising(600),
    requests("/v1/nodes/report", "503"): rising(1),
    'hardpan_gateway_connections{instance="gateway"}': steady(40),
    'hardpan_gateway_connections_limit{instance="gateway"}': steady(768),
    review("0.1"): rising(60),
    review("5"): rising(60),
    review("+Inf"): rising(60),
}


@dataclass(frozen=True)
class Case:
    """What is changed in a healthy installation, and which alerts that makes fire; `None` takes a series away."""

    alert: str
    changes: Mapping[str, str | None]
    labels: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def series(self) -> Series:
        """All that Prometheus sees."""
        return {name: value for name, value in {**HEALTHY, **self.changes}.items() if value is not None}


CASES = (
    Case("HardpanNotWorking", {working("coord"): steady(0)}, {"role": "coord"}),
    Case("HardpanNotWorking", {working("admission"): None}, {"role": "admission"}),
    Case("HardpanRestarts", {'process_start_time_seconds{instance="ledger"}': rising(600)}, {"instance": "ledger"}),
    Case("HardpanLoopStuck", {'hardpan_queue_oldest_seconds{controller="coord"}': steady(45)}),
    Case("HardpanEventLoopLate", {'hardpan_loop_lag_seconds{instance="coord"}': steady(3)}),
    Case("HardpanWatchSilent", {'hardpan_watch_silent{resource="nodes.hardpan.dev"}': steady(1)}),
    Case("HardpanReconcilesFail", {'hardpan_reconciles_total{controller="coord", outcome="failed"}': rising(1)}),
    Case("HardpanApiServerRefuses", {'hardpan_reconciles_total{controller="coord", outcome="refused"}': rising(30)}),
    Case("HardpanDescriptorsRunOut", {'process_open_fds{instance="gateway"}': steady(1_000)}),
    Case("HardpanTrustEnded", {"hardpan_trust_expiry_seconds": steady(-5)}),
    Case("HardpanTrustEnded", {"hardpan_trust_expiry_seconds": steady(0)}),
    Case("HardpanTrustEndsSoon", {"hardpan_trust_expiry_seconds": steady(2 * DAY)}),
    Case(
        "HardpanCertificateUseless",
        {'hardpan_certificate_expiry_seconds{role="server", instance="gateway"}': " ".join(["NaN"] * 121)},
        {"instance": "gateway"},
    ),
    Case(
        "HardpanCertificateUseless",
        {'hardpan_certificate_expiry_seconds{role="server", instance="gateway"}': steady(-1)},
    ),
    Case(
        "HardpanCertificateEndsSoon",
        {'hardpan_certificate_expiry_seconds{role="server", instance="gateway"}': steady(20 * DAY)},
    ),
    Case("HardpanForgeries", {refused("job", "BadSignature"): rising(2)}, {"what": "job", "reason": "BadSignature"}),
    Case("HardpanQueueUnreachable", {"hardpan_queue_reachable": steady(0)}),
    Case("HardpanQueueUndelivered", {"hardpan_queue_oldest_undelivered_seconds": "0+60x120"}),
    Case("HardpanEventsUnsettled", {"hardpan_queue_unsettled_events": steady(1_500)}),
    Case("HardpanJobsStuck", {"hardpan_job_oldest_open_seconds": "0+60x120"}),
    Case("HardpanJobsFail", {'hardpan_job_answers_total{outcome="refused"}': rising(20)}),
    Case("HardpanNodesAway", {objects("Node", "Ready", "Unknown", "Stale"): steady(1)}),
    Case(
        "HardpanManyNodesAway",
        {objects("Node", "Ready", "Unknown", "Lost"): steady(5)},
        also=("HardpanNodesAway",),
    ),
    Case("HardpanNodeConflict", {objects("Node", "Conflict", "True", "NodeConflict"): steady(1)}),
    Case("HardpanNodesWait", {objects("Node", "Approved", "False", "WaitingForApproval"): steady(1)}),
    Case("HardpanNodesTroubled", {objects("Node", "Healthy", "False", "DiskFull"): steady(1)}, {"reason": "DiskFull"}),
    Case("HardpanDeploymentsUnassigned", {objects("Deployment", "Assigned", "False", "NoSupervisor"): steady(1)}),
    Case("HardpanDeploymentsStalled", {objects("Deployment", "Stalled", "True", "NoNodeFits"): steady(1)}),
    Case("HardpanDeploymentsDown", {objects("Deployment", "Available", "Unknown", "NodeUnreachable"): steady(1)}),
    Case("HardpanRemovalsHalted", {objects("Deployment", "Stalled", "True", "RemovalsHalted"): steady(1)}),
    Case("HardpanSignaturesEnd", {objects("Deployment", "RenewalDue", "True", "SignatureEndsSoon"): steady(1)}),
    Case("HardpanGatewayFails", {requests("/v1/nodes/report", "503"): rising(100)}),
    Case("HardpanGatewayTurnsAway", {refused("request", "TooManyRequests"): rising(120)}),
    Case("HardpanGatewayFull", {'hardpan_gateway_connections{instance="gateway"}': steady(700)}),
    Case("HardpanAdmissionSlow", {review("0.1"): rising(10)}),
)
