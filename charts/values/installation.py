"""The values that concern the whole installation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from charts.values.common import Name, Network, Port, StringMap
from crds.meta import Part, about


class Image(Part):
    """The one image of all controllers."""

    repository: Annotated[str, about("Where it is.")] = "hardpan.example/hardpan"
    tag: Annotated[str, about("Its tag; empty for the chart's version.")] = ""
    digest: Annotated[
        str, StringConstraints(pattern=r"^(sha256:[0-9a-f]{64})?$"), about("Its digest; wins over the tag.")
    ] = ""
    pull_policy: Annotated[Literal["Always", "IfNotPresent", "Never"], about("When it is pulled.")] = "IfNotPresent"
    pull_secrets: Annotated[list[Name], about("Names of Secrets to pull it with.")] = Field([])


class Log(Part):
    """What the controllers log."""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], about("The least severe that is logged.")] = "INFO"
    format: Annotated[Literal["text", "json"], about("`json` for collectors, `text` for people.")] = "json"


class ServiceMonitor(Part):
    """For the Prometheus operator."""

    enabled: Annotated[bool, about("Make a PodMonitor; needs the Prometheus operator's kinds.")] = False
    interval: Annotated[str, StringConstraints(pattern=r"^[0-9]+(ms|s|m)$"), about("How often it asks.")] = "30s"
    labels: Annotated[StringMap, about("Labels by which your Prometheus finds it.")] = Field({})


class Rules(Part):
    """Alert rules."""

    enabled: Annotated[bool, about("Make a PrometheusRule; needs the Prometheus operator's kinds.")] = False
    labels: Annotated[StringMap, about("Labels by which your Prometheus finds it.")] = Field({})
    config_map: Annotated[bool, about("Put them into the ConfigMap `hardpan-alerts`, for who has no operator.")] = False


class Dashboard(Part):
    """A dashboard for Grafana."""

    enabled: Annotated[bool, about("Put it into the ConfigMap `hardpan-dashboard`.")] = False
    labels: Annotated[StringMap, about("Labels by which your Grafana finds it.")] = Field({"grafana_dashboard": "1"})


class Metrics(Part):
    """Figures for Prometheus, on port 9090 of every pod."""

    annotations: Annotated[bool, about("Annotate pods with `prometheus.io/scrape`.")] = True
    service_monitor: Annotated[ServiceMonitor, about("For the Prometheus operator.")] = ServiceMonitor()
    rules: Annotated[Rules, about("Alerts, with runbooks in docs/runbooks.md.")] = Rules()
    dashboard: Annotated[Dashboard, about("The dashboard for Grafana.")] = Dashboard()


class Tracing(Part):
    """Spans of what becomes of a deployment."""

    endpoint: Annotated[
        str,
        StringConstraints(pattern=r"^(https?://[^/@]+)?$"),
        about("URL of an OpenTelemetry collector (OTLP over HTTP); empty for none."),
    ] = ""


class NetworkPolicy(Part):
    """Who may talk to whom. It needs a network plugin that enforces it."""

    enabled: Annotated[bool, about("Deny what is not needed.")] = True
    nodes: Annotated[list[Network], about("Networks from which nodes come to gateway and queue; empty for all.")] = (
        Field([])
    )
    api_server: Annotated[list[Network], about("Networks of the API server; empty for all.")] = Field([])
    api_server_ports: Annotated[list[Port], about("Ports of the API server.")] = Field([443, 6443])
    regions: Annotated[list[Name], about("Namespaces of further regions, whose gateways come to the ledger.")] = Field(
        []
    )
    metrics_from: Annotated[
        list[dict[str, Any]], about("Peers, as a NetworkPolicy has them, that may read metrics; empty for none.")
    ] = Field([])


class Issuer(Part):
    """An issuer of cert-manager."""

    name: Annotated[Name, about("Its name.")] = ""
    kind: Annotated[Literal["Issuer", "ClusterIssuer"], about("Its kind.")] = "Issuer"


class CertManager(Part):
    """cert-manager makes the certificates of gateway and webhook."""

    enabled: Annotated[bool, about("Make Certificates; needs cert-manager's kinds.")] = False
    issuer: Annotated[Issuer, about("Who issues them.")] = Issuer()


class Tls(Part):
    """Certificates. Secrets that are there already, of the names in docs/helm.md, are used and never changed."""

    self_made: Annotated[bool, about("Make what is missing and renew it; otherwise all Secrets must be there.")] = True
    cert_manager: Annotated[CertManager, about("cert-manager makes those of gateway and webhook.")] = CertManager()


class Policies(Part):
    """ValidatingAdmissionPolicies."""

    enabled: Annotated[bool, about("Keep others from what only our controllers write.")] = True
    supervisors: Annotated[
        list[str], about("User names of further supervisors, `system:serviceaccount:NAMESPACE:NAME`.")
    ] = Field([])


class Rights(Part):
    """Roles for people."""

    aggregate: Annotated[bool, about("Add tenant, operator and auditor to the usual edit, admin and view.")] = True
    trust_readers: Annotated[
        Literal["Authenticated", "None"],
        about("Who may read trust and records, as signing needs: every user of the cluster, or whom you bind."),
    ] = "Authenticated"
