"""The machine goes down: what runs on it is asked to stop first, all at once and not for long.

What must run is not touched: after the start the keeper finds it down, as after a power cut, and starts it again.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from node_agent.errors import NodeError
from node_agent.executor.host import Power
from node_agent.executor.machine import Act
from node_agent.executor.resources import Assignment
from node_agent.executor.work import Tools

log = logging.getLogger(__name__)
AT_ONCE = 64


def stop_machines(tools: Tools) -> None:
    """Stops every machine that runs; returns when each went by itself or was ended."""
    machines = [each.assignment for each in tools.resources.all() if each.assignment.kind == "machine"]
    running = [each for each in machines if tools.host.power(each.host_name) is Power.RUNNING]
    if running:
        with ThreadPoolExecutor(min(AT_ONCE, len(running)), "leaving") as pool:
            list(pool.map(lambda each: _stop(tools, each), running))


def _stop(tools: Tools, machine: Assignment) -> None:
    try:
        tools.host.stop(machine.host_name)
    except NodeError as error:
        log.warning("%s goes down with the node: %s", machine.key, error)
    else:
        tools.effects.note(Act.STOP.value, str(machine.key), host=machine.host_name)
