"""All values, in the order in which people read them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from charts.values.common import Name
from charts.values.components import Admission, Certificates, Coord, Gateway, Ledger, Supervisor, Test
from charts.values.installation import Image, Log, Metrics, NetworkPolicy, Policies, Rights, Tls, Tracing
from charts.values.redis import Redis
from crds.meta import Part, about


class Values(Part):
    """The values of the chart `hardpan`."""

    cluster: Annotated[
        str,
        StringConstraints(pattern=r"^(sha256:[0-9a-f]{64})?$"),
        about("Required: the cluster's id, which `hardpan init` prints."),
    ] = ""
    queue_url: Annotated[
        str,
        StringConstraints(pattern=r"^(rediss://[^/@]+)?$"),
        about("Where nodes reach the queue, `rediss://host:port`; empty for the first of `gateway.externalNames`."),
    ] = ""
    home: Annotated[
        Name,
        about(
            "For one more region: the namespace of the whole installation. This release is then only that region's"
            " supervisor, gateway and queue."
        ),
    ] = ""
    image: Annotated[Image, about("The one image of all controllers.")] = Image()
    log: Annotated[Log, about("What the controllers log.")] = Log()
    listen_address: Annotated[
        Literal["0.0.0.0", "[::]"], about("Where servers listen in their pods; `[::]` in a cluster of IPv6 only.")
    ] = "0.0.0.0"
    cluster_domain: Annotated[Name, about("Domain of the Services of this Kubernetes.")] = "cluster.local"
    ledger: Annotated[Ledger, about("Nodes, records, uptime.")] = Ledger()
    coord: Annotated[Coord, about("Gives deployments to supervisors.")] = Coord()
    supervisor: Annotated[Supervisor, about("Makes machines of deployments, in one region.")] = Supervisor()
    gateway: Annotated[Gateway, about("The one door for nodes.")] = Gateway()
    admission: Annotated[Admission, about("Reviews deployments at `kubectl apply`.")] = Admission()
    redis: Annotated[Redis, about("The queue.")] = Redis()
    tls: Annotated[Tls, about("Certificates.")] = Tls()
    certificates: Annotated[Certificates, about("The program that makes and renews certificates.")] = Certificates()
    metrics: Annotated[Metrics, about("Figures for Prometheus.")] = Metrics()
    tracing: Annotated[Tracing, about("Spans of what becomes of a deployment.")] = Tracing()
    network_policy: Annotated[NetworkPolicy, about("Who may talk to whom.")] = NetworkPolicy()
    policies: Annotated[Policies, about("What only our controllers may write.")] = Policies()
    rights: Annotated[Rights, about("Roles for people.")] = Rights()
    test: Annotated[Test, about("What `helm test` runs.")] = Test()
    cleanup: Annotated[
        Literal["Nothing", "Workloads", "Everything"],
        about(
            "What `helm uninstall` does first: nothing; have nodes take off all that they run, and stop where one does"
            " not answer; or, after that, remove every object of ours, finalizers included."
        ),
    ] = "Nothing"
    cleanup_seconds: Annotated[
        int,
        Field(ge=1),
        about("For how long the clean-up waits for nodes; `helm uninstall --timeout` must be longer (5 minutes)."),
    ] = 180
    global_: Annotated[dict[str, Any], Field(alias="global"), about("Of a parent chart; not used.")] = Field({})
