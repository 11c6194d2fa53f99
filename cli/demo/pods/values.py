"""The values that the demo gives our chart. Pure."""

from __future__ import annotations

import yaml

GATEWAY_PORT = 30443
QUEUE_PORT = 30680
KEY_SECRET = "hardpan-supervisor-key"


def values(cluster: str, address: str) -> str:
    """One pod of each kind is enough for two nodes; nodes reach gateway and queue at the demo's address."""
    parts = ("ledger", "coord", "supervisor", "gateway", "admission")
    chosen: dict[str, dict[str, object]] = {part: {"replicas": 1} for part in parts}
    chosen["gateway"] |= {"externalNames": [address], "service": _exposed(8443, GATEWAY_PORT)}
    redis = {"bundled": {"service": _exposed(6380, QUEUE_PORT)}}
    whole = {"cluster": cluster, "image": {"pullPolicy": "Never"}, **chosen, "redis": redis}
    return yaml.safe_dump(whole, sort_keys=False)


def _exposed(port: int, node_port: int) -> dict[str, object]:
    return {"type": "NodePort", "port": port, "nodePort": node_port}
