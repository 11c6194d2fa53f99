"""What the gateway tells besides what it answers."""

from __future__ import annotations

from controllers.gateway.door import Door
from controllers.loop.measures import Measures


def show(measures: Measures, door: Door) -> None:
    """Has it tell how full it is."""
    measures.observed("hardpan_gateway_connections", "Connections that are open", lambda: [((), float(door.inside))])
    measures.observed("hardpan_gateway_connections_limit", "Connections at most", lambda: [((), float(door.most))])
