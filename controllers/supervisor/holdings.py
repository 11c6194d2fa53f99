"""The rows of all reports, found by the deployment that they speak of: a reconcile asks for its own only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from controllers.supervisor.model import Key, Row, WorkKind

Rows = dict[tuple[str, WorkKind, str], Row]


class Holdings:
    """Keeps the rows of each node's newest report by deployment uid, and the uids of each namespace."""

    def __init__(self) -> None:
        self._rows: dict[str, Rows] = {}
        self._of: dict[str, dict[str, dict[Key, Row]]] = defaultdict(dict)
        self._places: dict[str, dict[str, set[str]]] = defaultdict(dict)

    def replace(self, node: str, rows: Rows) -> None:
        """The node's newest rows; none for a node that is forgotten."""
        for (uid, _, _), row in self._rows.pop(node, {}).items():
            self._forget(node, uid, row.namespace)
        for (uid, kind, name), row in rows.items():
            self._of[uid].setdefault(node, {})[kind, name] = row
            self._places[row.namespace].setdefault(uid, set()).add(node)
        if rows:
            self._rows[node] = rows

    def _forget(self, node: str, uid: str, namespace: str) -> None:
        if uid in self._of:
            self._of[uid].pop(node, None)
            if not self._of[uid]:
                del self._of[uid]
        nodes = self._places[namespace].get(uid, set())
        nodes.discard(node)
        if not nodes:
            self._places[namespace].pop(uid, None)
        if not self._places[namespace]:
            del self._places[namespace]

    def uids(self, namespace: str) -> set[str]:
        """The deployments that nodes hold something of in this namespace."""
        return set(self._places.get(namespace, ()))

    def of(self, uid: str, namespace: str = "") -> Iterator[tuple[str, Key, Row]]:
        """Node, resource and row of all that is held of a deployment (in one namespace), by no order."""
        held: Mapping[str, Mapping[Key, Row]] = self._of.get(uid, {})
        for node, rows in held.items():
            for key, row in rows.items():
                if namespace in ("", row.namespace):
                    yield node, key, row
