"""Short scripts for these tests, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crds.workload import MachineItem, VolumeItem
from plans.errors import ScriptError
from plans.evaluate import evaluate
from plans.model import Plan

DIGEST = "0123456789abcdef" * 4
IMAGE = f"https://images.example/debian.raw#sha256={DIGEST}"
MIB = 1 << 20
GIB = 1 << 30
NOTHING: Mapping[str, Any] = {}


def machine(name: str = "web", **options: str) -> str:
    """A call of `machine` on one line; options are as written in the script."""
    written = {"image": f'"{IMAGE}"'} | options
    return f'machine("{name}", #{{ {", ".join(f"{key}: {value}" for key, value in written.items())} }});'


def volume(name: str = "data", **options: str) -> str:
    """A call of `volume` on one line."""
    written = {"size": '"1Gi"'} | options
    return f'volume("{name}", #{{ {", ".join(f"{key}: {value}" for key, value in written.items())} }});'


def plan_of(script: str, params: Mapping[str, Any] = NOTHING) -> Plan:
    """The plan of a script."""
    return evaluate(script, params).plan


def machine_of(script: str, name: str = "web") -> MachineItem:
    """A machine of a script's plan."""
    found = plan_of(script).find(f"machine/{name}")
    assert found is not None
    assert isinstance(found.item, MachineItem)
    return found.item


def volume_of(script: str, name: str = "data") -> VolumeItem:
    """A volume of a script's plan."""
    found = plan_of(script).find(f"volume/{name}")
    assert found is not None
    assert isinstance(found.item, VolumeItem)
    return found.item


def refusal(script: Any, params: Any = NOTHING, **more: Any) -> str:
    """What is said of a script that gives no plan: place and words."""
    with pytest.raises(ScriptError) as caught:
        evaluate(script, params, **more)
    return str(caught.value)
