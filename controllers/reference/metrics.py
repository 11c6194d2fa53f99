"""The page of metrics, made from what each role registers: what is told and what is documented are one thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controllers.admission import figures as admission
from controllers.by_condition import show
from controllers.gateway import figures as gateway
from controllers.ledger import figures as ledger
from controllers.loop.measures import Definition
from controllers.loop.metrics import Metrics
from controllers.loop.process import utc_now
from controllers.serving.door import Door
from controllers.supervisor import figures as supervisor
from crds.reference import table
from trust.errors import Code, Refusal
from trust.snapshot import TrustView

HEAD = """# Metrics

Made from what the controllers register by `make crds`: change that, not this page.

Every controller tells its figures at `/metrics` of its `HARDPAN_MONITOR` address (port 9090 in pods), beside the
`process_*` of every Prometheus client. Labels are bounded: nothing that a stranger writes becomes one. What ends in
`_expiry_seconds` counts down. Who leads by a lease tells of the whole cluster; replicas that stand by tell only how
they are, so sums over pods count nothing twice.

Alerts are in `charts/hardpan/files/alerts.yaml`, each with a section in the [runbooks](../runbooks.md); the dashboard
is `charts/hardpan/files/dashboard.json`.
Nodes count what they refuse in a file of their own, see [security](../security.md#threats-and-tests).
"""
EVERY = "every controller"


def of_roles() -> Mapping[str, tuple[Definition, ...]]:
    """What each role registers."""
    made = {role: Metrics(role) for role in ("ledger", "coord", "supervisor", "gateway", "admission")}
    ledger.Figures(made["ledger"], _no_trust, utc_now)
    show(made["coord"], ())
    supervisor.Figures(made["supervisor"], "", None, utc_now)
    gateway.show(made["gateway"], Door(1, 1))
    admission.Figures(made["admission"])
    return {role: tuple(each.definitions) for role, each in made.items()}


def page() -> str:
    """The whole page."""
    common = {each.name for each in Metrics().definitions}
    told: dict[str, list[str]] = {}
    found: dict[str, Definition] = {}
    for role, definitions in of_roles().items():
        for each in definitions:
            found[each.name] = each
            told.setdefault(each.name, []).append(role)
    ordered = sorted(found.values(), key=lambda each: each.name)
    whose = {name: EVERY if name in common else ", ".join(roles) for name, roles in told.items()}
    return "\n".join([HEAD, _metrics(ordered, whose), _labels(ordered)])


def _metrics(ordered: Iterable[Definition], whose: Mapping[str, str]) -> str:
    rows = [
        (f"`{each.name}`", each.type, ", ".join(f"`{label}`" for label in each.labels), whose[each.name], each.meaning)
        for each in ordered
    ]
    return "## All of them\n\n" + table(("metric", "type", "labels", "told by", "meaning"), rows)


def _labels(ordered: Iterable[Definition]) -> str:
    rows: dict[tuple[str, str], list[str]] = {}
    for each in ordered:
        for label, values in each.labels.items():
            rows.setdefault((label, values), []).append(f"`{each.name}`")
    cells = [(f"`{label}`", ", ".join(names), values) for (label, values), names in sorted(rows.items())]
    return "## Labels\n\n" + table(("label", "of", "values"), cells)


def _no_trust() -> TrustView:
    raise Refusal(Code.NO_TRUST, "a page needs none")
