"""The values of the five controllers and of the certificates' program."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from charts.values.common import Component, Name, Placement, ResourcesField, Service, amounts
from crds.meta import Count, Part, about

SMALL = amounts("20m", "64Mi", "160Mi")
WITH_SCRIPTS = amounts("50m", "96Mi", "384Mi")


class Ledger(Component):
    """The ledger."""

    resources: ResourcesField = SMALL
    report_interval: Annotated[float, Field(ge=1, le=3600), about("Seconds between a node's reports.")] = 10


class Coord(Component):
    """Coord."""

    resources: ResourcesField = SMALL


class Supervisor(Component):
    """The supervisor of one region."""

    name: Annotated[Name, about("The Supervisor record that it is, for example that of `hardpan init`.")] = "main"
    key_secret: Annotated[
        Name, about("Secret with `supervisor.key`, the seed that `hardpan init` wrote into the site folder.")
    ] = "hardpan-supervisor-key"
    resources: ResourcesField = WITH_SCRIPTS


class Limits(Part):
    """What the gateway lets in."""

    rate: Annotated[float, Field(gt=0), about("Requests a second from one network.")] = 200
    burst: Annotated[float, Field(gt=0), about("Requests from one network at once.")] = 400
    connections: Annotated[
        Count,
        about(
            "Connections at most, of each pod; a quarter of them from one network. The memory limit has to hold 128Mi, "
            "and 256Ki for each: so much one takes at worst. A node is connected for a second or two at each report."
        ),
    ] = 1024
    patience: Annotated[float, Field(gt=0), about("Seconds that a client may take for one request.")] = 10


class Gateway(Component):
    """The one door for nodes."""

    resources: ResourcesField = amounts("20m", "64Mi", "384Mi")
    service: Annotated[Service, about("How nodes reach it.")] = Service(port=8443)
    external_names: Annotated[
        list[str],
        about("Host names and addresses by which nodes reach gateway and queue; certificates name them."),
    ] = Field([])
    limits: Annotated[Limits, about("What it lets in.")] = Limits()


class Admission(Component):
    """The webhook that reviews deployments."""

    # Whoever reaches it may send it reviews: 12 MiB of them take 312 when they are read, a script 224, connections 40.
    resources: ResourcesField = amounts("50m", "96Mi", "640Mi")
    timeout_seconds: Annotated[int, Field(ge=1, le=30), about("Seconds that the API server waits for a review.")] = 5


class Test(Placement):
    """The pod of `helm test`. With a Secret of yours a simulated node and a signed deployment come, and go again."""

    resources: ResourcesField = amounts("20m", "96Mi", "256Mi")
    secret: Annotated[
        Name, about("Secret with `seed`, that of a join token, and `key`, the private key of a user who may deploy.")
    ] = ""
    token: Annotated[Name, about("The join token's name; it must have a label `helm-test`.")] = ""
    tenant: Annotated[Name, about("Namespace of that user's tenant.")] = ""


class Certificates(Placement):
    """The program that makes certificates and renews them."""

    resources: ResourcesField = SMALL
    schedule: Annotated[str, about("When it looks after them, as cron writes it.")] = "17 3 * * *"
