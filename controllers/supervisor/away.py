"""Why a node cannot be asked to remove something. Pure."""

from __future__ import annotations

from controllers.supervisor.model import Placed, Snapshot


def away(placed: Placed, snapshot: Snapshot) -> str:
    """Why a removal does not go on by itself, with the remedy; empty when it does."""
    node = snapshot.nodes.get(placed.node)
    if node is None:
        return ""
    if not node.certified:
        return f" ({node.refusal}: approve it anew, or `kubectl hardpan forget node {placed.node}`)"
    if not node.reachable:
        since = f" since {node.unreachable_since}" if node.unreachable_since else ""
        return f" (unreachable{since}: bring it back, or `kubectl hardpan forget node {placed.node}`)"
    return f" ({placed.trouble}; tried again)" if placed.trouble else ""
