"""The values of the queue's Redis: bundled, or one that the operator runs."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from charts.values.common import Name, Placement, Quantity, ResourcesField, Service, amounts
from crds.meta import Count, Part, about

Memory = Annotated[str, StringConstraints(pattern=r"^[0-9]+(kb|mb|gb)$")]


class Persistence(Part):
    """Where the bundled Redis keeps its log. The queue is made again when it is lost."""

    enabled: Annotated[bool, about("Keep it in a volume claim; otherwise it lives as long as the pod.")] = False
    size: Annotated[Quantity, about("Size of the claim.")] = "1Gi"
    storage_class: Annotated[Name, about("Storage class; empty for the cluster's default.")] = ""


class Bundled(Placement):
    """The Redis that this chart runs."""

    enabled: Annotated[bool, about("Run it; otherwise `redis.external` says where one is.")] = True
    memory: Annotated[Memory, about("Memory for data; a full queue refuses, it never drops.")] = "256mb"
    connections: Annotated[
        Count,
        about(
            "Connections at most; a node has two or three. The memory limit has to hold `memory`, 40Ki for each "
            "connection, and what Redis needs to write its log anew, up to half of `memory`."
        ),
    ] = 8192
    resources: ResourcesField = amounts("50m", "64Mi", "768Mi")
    service: Annotated[Service, about("How nodes reach it.")] = Service(port=6380)
    persistence: Annotated[Persistence, about("Where it keeps its log.")] = Persistence()


class External(Part):
    """A Redis 7 or newer that the operator runs, with TLS and client certificates."""

    url: Annotated[
        str,
        StringConstraints(pattern=r"^(rediss://[^/@]+)?$"),
        about("Where the supervisor reaches it, `rediss://host:port`."),
    ] = ""
    user: Annotated[str, about("User of the supervisor; its rights are in docs/helm.md.")] = "supervisor"
    secret: Annotated[Name, about("Secret with `password`, and `ca.crt` of the server's authority.")] = "hardpan-redis"


class Redis(Part):
    """The queue's Redis."""

    bundled: Annotated[Bundled, about("The Redis that this chart runs.")] = Bundled()
    external: Annotated[External, about("A Redis that the operator runs.")] = External()
