"""What a clean-up is asked for, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controllers.loop.errors import BadSettings
from controllers.loop.settings import LoopSettings
from controllers.settings import Environment


class Extent(StrEnum):
    """How much goes."""

    WORKLOADS = "Workloads"
    EVERYTHING = "Everything"


@dataclass(frozen=True)
class Settings:
    """`seconds` is how long nodes are given to take off what they run; `secrets` are what the installation made."""

    namespace: str
    extent: Extent
    seconds: float
    secrets: tuple[str, ...]


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises BadSettings."""
    values = Environment(environment)
    asked = values.text("HARDPAN_CLEANUP")
    if asked not in tuple(Extent):
        raise BadSettings(f"HARDPAN_CLEANUP is {asked!r}: it takes {' or '.join(Extent)}")
    return Settings(
        namespace=environment.get("HARDPAN_NAMESPACE", LoopSettings.namespace),
        extent=Extent(asked),
        seconds=values.number("HARDPAN_CLEANUP_SECONDS", 300.0),
        secrets=tuple(environment.get("HARDPAN_CLEANUP_SECRETS", "").split()),
    )
