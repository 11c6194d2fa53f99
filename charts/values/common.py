"""What several parts of the values share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from crds.meta import Part, about

Name = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
NodePort = Annotated[int, Field(ge=0, le=65535)]
Network = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")]
StringMap = dict[str, str]


class Amounts(Part):
    """CPU and memory, as Kubernetes writes them."""

    cpu: Annotated[Quantity | None, about("Processors, for example `100m`.")] = None
    memory: Annotated[Quantity | None, about("Memory, for example `64Mi`.")] = None


class Resources(Part):
    """What a container is promised, and what it may take at most."""

    requests: Annotated[Amounts, about("What it is promised.")] = Amounts()
    limits: Annotated[Amounts, about("What it may take at most.")] = Amounts()


ResourcesField = Annotated[Resources, about("What the container is promised and may take.")]


class Placement(Part):
    """Where pods of one component run, and what they carry."""

    resources: ResourcesField
    node_selector: Annotated[StringMap, about("Labels of the Kubernetes nodes that may run it.")] = Field({})
    tolerations: Annotated[list[dict[str, Any]], about("Taints that it stands.")] = Field([])
    affinity: Annotated[dict[str, Any], about("Affinity, as a pod has it.")] = Field({})
    topology_spread_constraints: Annotated[
        list[dict[str, Any]], about("How replicas are spread. Empty: over Kubernetes nodes, where that is possible.")
    ] = Field([])
    priority_class_name: Annotated[Name, about("Priority class of its pods.")] = ""
    pod_annotations: Annotated[StringMap, about("Annotations of its pods.")] = Field({})


class Component(Placement):
    """One controller."""

    replicas: Annotated[int, Field(ge=0, le=16), about("How many pods. Of those that lead by a lease, one works.")] = 2


class Service(Part):
    """How something is reached from outside of the cluster."""

    type: Annotated[
        Literal["ClusterIP", "NodePort", "LoadBalancer"], about("Type of the Service; nodes must reach it.")
    ] = "ClusterIP"
    port: Annotated[Port, about("Port of the Service.")]
    node_port: Annotated[NodePort, about("Port of every Kubernetes node, with NodePort; 0 lets Kubernetes choose.")] = 0
    load_balancer_ip: Annotated[str, Field(alias="loadBalancerIP"), about("Address, where there is a choice.")] = ""
    external_traffic_policy: Annotated[
        Literal["Local", "Cluster"],
        about("`Local` shows pods the client's address, by which the gateway counts; `Cluster` hides it."),
    ] = "Local"
    annotations: Annotated[StringMap, about("Annotations of the Service, as load balancers take them.")] = Field({})


def amounts(cpu: str, memory: str, most: str) -> Resources:
    """Resources of a container without a processor limit: throttling makes leases run out."""
    return Resources(requests=Amounts(cpu=cpu, memory=memory), limits=Amounts(memory=most))
