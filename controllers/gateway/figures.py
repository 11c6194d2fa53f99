"""What the gateway tells besides what it answers."""

from __future__ import annotations

from controllers.loop.measures import Measures
from controllers.serving.door import Door


def show(measures: Measures, door: Door) -> None:
    """Has it tell how full it is."""
    measures.observed("hardpan_gateway_connections", "Connections that are open", lambda: [((), float(door.inside))])
    measures.observed("hardpan_gateway_connections_limit", "Connections at most", lambda: [((), float(door.most))])
