"""What every kind of the API has in common: group, naming, conditions, and how a kind declares its schema extras.

A kind is pydantic models for spec and status plus one `KindDefinition`; `crds.schema` turns that into the CRD.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from crds.reasons import ConditionDefinition

GROUP = "hardpan.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

DEPLOYMENT_UID_LABEL = f"{GROUP}/deployment-uid"
DEPLOYMENT_LABEL = f"{GROUP}/deployment"
NODE_LABEL = f"{GROUP}/node"
WORKLOAD_FINALIZER = f"{GROUP}/on-node"
DEPLOYMENT_FINALIZER = f"{GROUP}/teardown"
REMOVALS_AGREED_UNTIL = f"{GROUP}/removals-agreed-until"
# On a deployment: the trace, as W3C Trace Context has it, of which applying it was a part.
TRACEPARENT = f"{GROUP}/traceparent"
"""Annotation of a Supervisor: an operator agrees to all removals of machines that were asked for up to this time."""

LARGEST_INTEGER = 2**53 - 1
"""What JSON carries exactly everywhere; a signed body holds no larger one."""


def about(text: str) -> Any:
    """What a field means, as `kubectl explain` and the reference show it."""
    return Field(description=text)


DnsLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=63)]
ResourceName = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", max_length=40)]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)]
KeyId = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$", max_length=50)]
NodeId = Annotated[str, StringConstraints(pattern=r"^n-[a-z2-7]{26}$", max_length=28)]
TenantId = Annotated[str, StringConstraints(pattern=r"^t-[a-z2-7]{26}$", max_length=28)]
Timestamp = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", max_length=20),
    Field(json_schema_extra={"format": "date-time"}),
]
Base64Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$", max_length=44)]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", max_length=32)]
Network = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$", max_length=43),
    AfterValidator(lambda text: str(ip_network(text, strict=False))),
]
ImageVersion = Annotated[
    str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){0,3}$", max_length=39)
]
Text = Annotated[str, StringConstraints(max_length=256)]
Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Ordinal = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]


class Part(BaseModel):
    """A frozen piece of an object; names are camelCase on the wire, and an unknown field is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        # Most processes import every kind and read few of them.
        defer_build=True,
    )

    def wire(self) -> dict[str, Any]:
        """The JSON form, without absent fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass(frozen=True)
class Rule:
    """A CEL rule; `message` states the remedy, `field` (a path from where the rule stands) is what it is said of."""

    expression: str
    message: str
    field: str = ""

    def wire(self) -> dict[str, str]:
        """As the CRD carries it."""
        place = {"fieldPath": self.field} if self.field else {}
        return {"rule": self.expression, "message": self.message, **place}


def rules(*checked: Rule, **more: Any) -> dict[str, Any]:
    """What a field or a model carries in `json_schema_extra` to be checked by these rules."""
    return {"x-kubernetes-validations": [each.wire() for each in checked], **more}


def named(pattern: str, remedy: str) -> Rule:
    """The rule that an object's name has this form."""
    return Rule(f"self.metadata.name.matches('{pattern}')", remedy, ".metadata.name")


NAMED_AS_RECORD = named(
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    "a record's name is a DNS label of at most 63 characters, for other records name it: rename it",
)
NAMED_AS_RESOURCE = named(
    "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$",
    "a name is a DNS label of at most 40 characters that begins with a letter: rename it",
)
LABEL_NAME = "^[a-zA-Z0-9]([a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$"
LabelMap = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=LABEL_NAME)],
        Annotated[str, StringConstraints(pattern=r"^([a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?)?$", max_length=63)],
    ],
    Field(
        max_length=32,
        json_schema_extra=rules(
            Rule(
                f"self.all(name, name.matches('{LABEL_NAME}'))",
                "a label's name has at most 63 letters, digits, '.', '_', '/' or '-', and begins and ends with a letter"
                " or digit: rename it",
            ),
            **{"x-kubernetes-map-type": "atomic"},
        ),
    ),
]


class Condition(Part):
    """A `metav1.Condition`; `reason` is always set, from the list that the kind documents."""

    type: Annotated[str, StringConstraints(max_length=64), about("What is said; each type once.")]
    status: Annotated[Literal["True", "False", "Unknown"], about("Whether it holds.")]
    reason: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?$", max_length=128),
        about("Why, in one word that the reference explains."),
    ]
    message: Annotated[str, StringConstraints(max_length=4096), about("Why, with names and numbers; may be empty.")]
    last_transition_time: Annotated[Timestamp, about("When the status changed last.")]
    observed_generation: Annotated[Count, about("Of which generation it is said.")] | None = None


Conditions = Annotated[
    list[Condition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]


class Status(Part):
    """What every status has."""

    observed_generation: Annotated[Count, about("The generation that this status speaks of.")] | None = None
    conditions: Annotated[Conditions, about("What is so, and why.")] | None = None


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
    written_by: str
    spec: type[Part]
    status: type[Status]
    columns: tuple[Column, ...]
    conditions: tuple[ConditionDefinition, ...] = ()
    selectable_fields: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def name(self) -> str:
        """The CRD's name, `<plural>.<group>`."""
        return f"{self.plural}.{GROUP}"
