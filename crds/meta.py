"""What every kind of the API has in common: group, naming, conditions, and how a kind declares its schema extras.

A kind is pydantic models for spec and status plus one `KindDefinition`; `crds.schema` turns that into the CRD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

GROUP = "hardpan.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

DEPLOYMENT_UID_LABEL = f"{GROUP}/deployment-uid"
DEPLOYMENT_LABEL = f"{GROUP}/deployment"
NODE_LABEL = f"{GROUP}/node"
WORKLOAD_FINALIZER = f"{GROUP}/on-node"
DEPLOYMENT_FINALIZER = f"{GROUP}/teardown"

DnsLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=63)]
ResourceName = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", max_length=40)]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)]
KeyId = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$", max_length=50)]
NodeId = Annotated[str, StringConstraints(pattern=r"^n-[a-z2-7]{26}$", max_length=28)]
Timestamp = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", max_length=20)]
Base64Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$", max_length=44)]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", max_length=32)]
LabelMap = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$")],
        Annotated[str, StringConstraints(pattern=r"^([a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?)?$", max_length=63)],
    ],
    Field(max_length=32, json_schema_extra={"x-kubernetes-map-type": "atomic"}),
]


class Part(BaseModel):
    """A frozen piece of an object; names are camelCase on the wire, and an unknown field is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )

    def wire(self) -> dict[str, Any]:
        """The JSON form, without absent fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """CEL rules for `json_schema_extra`: pairs of (expression, message that states the remedy)."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


class Condition(Part):
    """A `metav1.Condition`; `reason` is always set, from the list that the kind documents."""

    type: Annotated[str, StringConstraints(max_length=64)]
    status: Literal["True", "False", "Unknown"]
    reason: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?$", max_length=128)]
    message: Annotated[str, StringConstraints(max_length=4096)] = ""
    last_transition_time: str
    observed_generation: int | None = None


Conditions = Annotated[
    list[Condition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]


class Status(Part):
    """What every status has."""

    observed_generation: int | None = None
    conditions: Conditions | None = None


@dataclass(frozen=True)
class Column:
    """A printer column; `wide` ones show with `-o wide` only."""

    name: str
    path: str
    type: Literal["string", "integer", "date", "boolean"] = "string"
    wide: bool = False


def condition_column(name: str, condition: str, field: str = "status", wide: bool = False) -> Column:
    """A column that shows a field of one condition."""
    return Column(name, f'.status.conditions[?(@.type=="{condition}")].{field}', wide=wide)


AGE = Column("Age", ".metadata.creationTimestamp", "date")


@dataclass(frozen=True)
class KindDefinition:
    """One kind of the API: names, scope, models and what kubectl shows of it."""

    kind: str
    plural: str
    short_name: str
    scope: Literal["Namespaced", "Cluster"]
    description: str
    spec: type[Part]
    status: type[Status]
    columns: tuple[Column, ...]
    selectable_fields: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The CRD's name, `<plural>.<group>`."""
        return f"{self.plural}.{GROUP}"
