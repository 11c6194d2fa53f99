"""How one node is run: where its state is, which hypervisor, which network. Read from a file that the starter wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node_agent.errors import NeedsOperator
from node_agent.paths import Paths
from trust.part import VERSION

FETCH_USER = 65_533


class SettingsPart(BaseModel):
    """A frozen piece of the settings; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StaticRoute(SettingsPart):
    """A route that stands in for the overlay daemon where there is none: another node's /64 by way of its address."""

    destination: str
    via: str
    device: str


class NetworkSettings(SettingsPart):
    """The machines' bridge. `configure` false leaves the host's network alone (simulated hypervisor)."""

    bridge: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,14}$")] = "hp0"
    overlay: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,14}$", description="the link to other nodes")] = "hpo0"
    configure: bool = True
    routes: tuple[StaticRoute, ...] = ()


class CapacitySettings(SettingsPart):
    """What the node says it can give, instead of what it measures: for benches with simulated machines."""

    cpus: Annotated[int, Field(ge=1)]
    memory: Annotated[int, Field(ge=1)]
    disk: Annotated[int, Field(ge=1)]


class ImageSettings(SettingsPart):
    """The boot image that runs: its version and flavour, and the folder where its successor is spoken of."""

    version: Annotated[str, Field(pattern=rf"^{VERSION}$")]
    flavour: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    folder: Path


class NodeSettings(SettingsPart):
    """All settings of a node. `medium` is its boot medium, `state` a directory on its btrfs pool."""

    medium: Path
    state: Path
    engine: Literal["qemu", "memory"] = "qemu"
    accelerator: Literal["tcg", "kvm"] = "tcg"
    network: NetworkSettings = NetworkSettings()
    capacity: CapacitySettings | None = None
    image: Annotated[ImageSettings | None, Field(description="absent where the node was not booted from one")] = None
    runners: Annotated[int, Field(ge=1, le=16)] = 2
    report_seconds: Annotated[float | None, Field(gt=0, description="instead of what the ledger asks for")] = None
    heartbeat_seconds: Annotated[float, Field(gt=0, le=10)] = 10.0
    watch_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    consoles: Annotated[
        str | None,
        Field(
            pattern=r"^tty[A-Z]+[0-9]{1,2}$", description="the line that a booted node copies its machines' consoles to"
        ),
    ] = None
    tpm: Annotated[Path | None, Field(description="the TPM that seals the node's keys; none: they lie in plain")] = None
    agent_user: Annotated[int, Field(ge=0, description="uid of the agent; 0 leaves it root")] = 65_534
    fetch_user: Annotated[int, Field(ge=0, description="uid that fetches images, never the agent's")] = FETCH_USER

    @property
    def paths(self) -> Paths:
        """Where everything is."""
        return Paths(self.state)


def load(path: Path) -> NodeSettings:
    """The settings in a file. Raises NeedsOperator with the field that is wrong."""
    try:
        return NodeSettings.model_validate_json(path.read_bytes())
    except OSError as error:
        raise NeedsOperator("SettingsMissing", f"cannot read {path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise NeedsOperator("SettingsWrong", f"{path}: {field}: {first['msg']}") from None
