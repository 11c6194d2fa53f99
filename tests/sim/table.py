"""Holds a node's table to its host at each change: what it says runs must run as it says.

Reports are made of the table, so an untrue line is a lie to everybody.
"""

from __future__ import annotations

from node_agent.executor.goal import machine_goal
from node_agent.executor.resources import Resource
from node_agent.executor.work import Tools
from tests.sim.history import History
from tests.sim.host import Host


def hold_to_the_host(tools: Tools, node: str, host: Host, history: History) -> None:
    """From now on the table's untrue lines are entries of the history."""
    put = tools.resources.put

    def checked(resource: Resource) -> None:
        before = tools.resources.version
        put(resource)
        if tools.resources.version == before or resource.observation.state != "running":
            return
        goal = machine_goal(tools.cluster, resource.assignment)
        if goal.host_name in host.running and host.started[goal.host_name].launch != goal.launch:
            history.note(node, "untrue", goal.host_name, said=goal.launch, so=host.started[goal.host_name].launch)

    tools.resources.put = checked  # type: ignore[method-assign]
