"""The resources that a plan asks for, with every default as a value in them.

These are the items of a plan that nodes act on. Each field says what changing it does to what runs, so that
`plan` can announce it and the supervisor can order it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from crds.meta import DnsLabel, LabelMap, Part, ResourceName

MEBIBYTE = 1024 * 1024
TEBIBYTE = 1024 * 1024 * MEBIBYTE


class ChangeClass(StrEnum):
    """What changing a field does to a running resource."""

    LIVE = "live"
    RESTART = "restart"
    REBUILD = "rebuild"
    REFUSED = "refused"


def changes(effect: ChangeClass) -> dict[str, Any]:
    """The field's class, kept in its schema extras under `x-change`."""
    return {"x-change": effect.value}


class VolumeReference(Part):
    """A volume of the same deployment, and where the machine mounts it."""

    volume: ResourceName
    mount: Annotated[str, StringConstraints(pattern=r"^(/[a-zA-Z0-9._-]+)+$", max_length=128)]
    read_only: bool


class Image(Part):
    """A raw disk image: where to fetch it and the SHA-256 that it must have."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s#]+$", max_length=512)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Reference(Part):
    """A value known only after placement: `machine/<name>/address`."""

    ref: Annotated[str, StringConstraints(pattern=r"^machine/[a-z]([a-z0-9-]{0,38}[a-z0-9])?/address$")]


EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]{0,63}$")]
EnvironmentValue = Annotated[str, StringConstraints(max_length=4096, pattern=r"^[^\x00-\x1f\x7f]*$")] | Reference


class MachineItem(Part):
    """A machine of a plan."""

    runtime: Annotated[Literal["vm"], Field(json_schema_extra=changes(ChangeClass.REBUILD))]
    cpus: Annotated[int, Field(ge=1, le=64, json_schema_extra=changes(ChangeClass.RESTART))]
    memory: Annotated[
        int, Field(ge=32 * MEBIBYTE, le=TEBIBYTE, multiple_of=MEBIBYTE, json_schema_extra=changes(ChangeClass.RESTART))
    ]
    disk: Annotated[
        int,
        Field(ge=16 * MEBIBYTE, le=16 * TEBIBYTE, multiple_of=MEBIBYTE, json_schema_extra=changes(ChangeClass.REBUILD)),
    ]
    image: Annotated[Image, Field(json_schema_extra=changes(ChangeClass.REBUILD))]
    volumes: Annotated[list[VolumeReference], Field(max_length=8, json_schema_extra=changes(ChangeClass.RESTART))]
    env: Annotated[
        dict[EnvironmentName, EnvironmentValue], Field(max_length=64, json_schema_extra=changes(ChangeClass.RESTART))
    ]
    restart: Annotated[Literal["always", "on-failure", "never"], Field(json_schema_extra=changes(ChangeClass.LIVE))]
    spread: Annotated[DnsLabel | Literal[""], Field(json_schema_extra=changes(ChangeClass.LIVE))]
    node_labels: Annotated[LabelMap, Field(json_schema_extra=changes(ChangeClass.LIVE))]


class VolumeItem(Part):
    """A volume of a plan. It only grows; what is removed waits in the node's bin."""

    size: Annotated[
        int,
        Field(ge=16 * MEBIBYTE, le=16 * TEBIBYTE, multiple_of=MEBIBYTE, json_schema_extra=changes(ChangeClass.LIVE)),
    ]
    on_delete: Annotated[Literal["bin", "destroy"], Field(json_schema_extra=changes(ChangeClass.LIVE))]
    bin_days: Annotated[int, Field(ge=0, le=365, json_schema_extra=changes(ChangeClass.LIVE))]


ItemKind = Literal["machine", "volume"]
Item = MachineItem | VolumeItem
ITEM_MODELS: dict[str, type[MachineItem] | type[VolumeItem]] = {"machine": MachineItem, "volume": VolumeItem}
