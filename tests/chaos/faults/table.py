"""All faults by name."""

from __future__ import annotations

from tests.chaos.faults import nodes, processes, stores
from tests.chaos.faults.fault import Fault

FAULTS: dict[str, Fault] = {each.name: each for each in (*processes.FAULTS, *stores.FAULTS, *nodes.FAULTS)}
