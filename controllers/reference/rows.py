"""What the dashboard shows: the first row tells whether all is well, the others where to look when it is not."""

from __future__ import annotations

from controllers.reference.panels import RATE, Query, Row, lines, number, quantiles, rate, states, with_role

_PENDING = 'sum(hardpan_objects{kind="Deployment", condition="Ready", status!="True"}) or vector(0)'
_AWAY = 'sum(hardpan_objects{kind="Node", condition="Ready", reason=~"Lost|Stale"}) or vector(0)'
_TRUST, _CERTIFICATE = "min(hardpan_trust_expiry_seconds)", "min(hardpan_certificate_expiry_seconds)"
_DAY = 86_400

ROWS = (
    Row(
        "Is all well?",
        (
            number("Roles at work", "of five", "count(max by (role) (hardpan_working) == 1)", bad_below=5),
            number("Deployments not Ready", "of all regions", _PENDING, bad_above=1),
            number("Nodes away", "Lost or Stale", _AWAY, bad_above=1),
            number("Trust ends in", "nothing new starts afterwards", _TRUST, "s", bad_below=3 * _DAY),
            number("First certificate ends in", "of those that are served", _CERTIFICATE, "s", bad_below=21 * _DAY),
            number("Queue", "1: Redis answers", "min(hardpan_queue_reachable)", bad_below=1),
        ),
    ),
    Row(
        "Deployments and nodes",
        (
            lines("Deployments", "by Ready and its reason", "short", states("Deployment")),
            lines("Machines", "by Ready and its reason", "short", states("Machine")),
            lines("Nodes", "by Ready and its reason", "short", states("Node")),
        ),
    ),
    Row(
        "Jobs and queue",
        (
            lines("Answers of nodes", "a second", "ops", rate("hardpan_job_answers_total", "outcome", "{{outcome}}")),
            lines(
                "Jobs",
                "from creation until done",
                "s",
                *quantiles("hardpan_job_seconds"),
                Query("max(hardpan_job_oldest_open_seconds)", "oldest open"),
            ),
            lines(
                "What waits in Redis",
                "orders that no node took, and answers that are not stored",
                "short",
                Query("max(hardpan_queue_oldest_undelivered_seconds)", "oldest order, seconds"),
                Query("sum(hardpan_queue_unsettled_events)", "answers"),
            ),
        ),
    ),
    Row(
        "Loops",
        (
            lines(
                "Reconciles",
                "a second, by outcome",
                "ops",
                rate("hardpan_reconciles_total", "controller, outcome", "{{controller}} {{outcome}}"),
            ),
            lines("Reconcile time", "of one", "s", *quantiles("hardpan_reconcile_seconds", "controller")),
            lines(
                "What waits",
                "keys that are ready, and for how long the first",
                "short",
                Query("sum by (controller) (hardpan_queue_depth)", "{{controller}} keys"),
                Query("max by (controller) (hardpan_queue_oldest_seconds)", "{{controller}} seconds"),
            ),
        ),
    ),
    Row(
        "Gateway and admission",
        (
            lines(
                "Requests of nodes",
                "a second, by route and code",
                "reqps",
                rate("hardpan_http_requests_total", "route, status", "{{route}} {{status}}", '{role="gateway"}'),
            ),
            lines("Time of answers", "by server", "s", *quantiles("hardpan_http_request_seconds", "role")),
            lines(
                "Decisions and refusals",
                "a second",
                "ops",
                rate("hardpan_admission_decisions_total", "outcome", "admission {{outcome}}"),
                rate("hardpan_refused_total", "what, reason", "{{what}} {{reason}}"),
            ),
        ),
    ),
    Row(
        "Processes",
        (
            lines("Memory", "resident", "bytes", with_role("process_resident_memory_bytes")),
            lines("Processors", "in use", "short", with_role(f"rate(process_cpu_seconds_total[{RATE}])")),
            lines(
                "At work",
                "1: works, 0: stands by; and by how much an event loop is late",
                "short",
                Query("hardpan_working", "{{role}} {{instance}}"),
                Query("max(hardpan_loop_lag_seconds)", "late, seconds"),
            ),
        ),
    ),
)
